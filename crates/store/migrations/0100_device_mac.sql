-- MAC addresses of a device, so that captured tables can be compared with the register.
ALTER TABLE device ADD COLUMN macs TEXT;
