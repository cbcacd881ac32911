-- A person tied the requirement to its clause: new editions of the policy leave it there.
ALTER TABLE requirement ADD COLUMN placed_by_hand BOOLEAN;
