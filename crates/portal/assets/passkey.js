// Passkeys: the one thing here that a browser does not do without a script. A form holds one element
// [data-passkey] with the question, and hidden fields for the answer; the button with [data-touch] asks for the
// touch and then sends the form as it would have been sent anyway.
(() => {
  const question = document.querySelector("[data-passkey]");
  if (!question) return;
  const form = question.closest("form");
  const said = form.querySelector("[data-passkey-said]");
  const data = question.dataset;
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = data.keys.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));

  if (!window.isSecureContext || !navigator.credentials || !window.PublicKeyCredential) {
    said.textContent = "この接続では、パスキーを使えません。ほかの方法を選んでください。";
    return;
  }

  const create = () => navigator.credentials.create({ publicKey: {
    challenge: bytes(data.challenge),
    rp: { id: data.rp, name: data.site },
    user: { id: bytes(data.user), name: data.name, displayName: data.display },
    pubKeyCredParams: data.algorithms.split(" ").map((alg) => ({ type: "public-key", alg: Number(alg) })),
    excludeCredentials: keys,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    attestation: "none",
  } });
  const get = () => navigator.credentials.get({ publicKey: {
    challenge: bytes(data.challenge), rpId: data.rp, allowCredentials: keys, userVerification: "required",
  } });

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (form.elements.passkey_id.value || !button || !("touch" in button.dataset)) return;
    event.preventDefault();
    said.textContent = "端末の表示に従って、パスキーで確かめてください。";
    try {
      const key = await (data.passkey === "create" ? create() : get());
      const put = (name, value) => { form.elements[name].value = value ? text(value) : ""; };
      put("passkey_id", key.rawId);
      put("passkey_client", key.response.clientDataJSON);
      put("passkey_data", key.response.attestationObject || key.response.authenticatorData);
      put("passkey_signature", key.response.signature);
      form.requestSubmit(button);
    } catch (error) {
      said.textContent = error.name === "InvalidStateError"
        ? "この端末のパスキーは、すでに登録されています。"
        : "確かめられませんでした。もう一度押すか、ほかの方法を選んでください。";
    }
  });
})();
