// Security keys and passkeys (WebAuthn). A form with `data-key` holds a hidden input `credential`, which the key fills:
// "create" adds a key, "get" uses one. The options are JSON in `data-options`, or are fetched from `data-ask`.
import { on } from "./page.js";

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return undefined;
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

function toCreate({ publicKey }, passkey) {
  const wanted = { ...publicKey.authenticatorSelection };
  if (passkey) Object.assign(wanted, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
      authenticatorSelection: wanted,
    },
  };
}

function toGet({ publicKey }) {
  return { publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: known(publicKey.allowCredentials) } };
}

/** What a key has answered, as the server takes it: every buffer in base64url. */
function answered(credential) {
  const { response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: parts,
  };
}

async function options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.ask, { headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" } });
  if (!answer.ok) throw new Error("busy");
  return (await answer.json()).request_options;
}

const REASONS = {
  NotAllowedError: "Nothing was used: it was cancelled, took too long, or this key does not know the account. Try again.",
  InvalidStateError: "This key is added already. Use another one.",
  SecurityError: "Security keys do not work at this address. Open Remit by its name, such as localhost, not by a number.",
  NotSupportedError: "This browser or key cannot do what is asked. Use another one, or a code.",
};

async function use(form) {
  const said = form.querySelector("[data-key-said]");
  said.hidden = true;
  try {
    if (!window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
    const given = await options(form);
    const passkey = form.querySelector("[data-passkey]")?.checked;
    const credential = form.dataset.key === "create"
      ? await navigator.credentials.create(toCreate(given, passkey))
      : await navigator.credentials.get(toGet(given));
    form.elements.credential.value = JSON.stringify(answered(credential));
    form.submit();
  } catch (error) {
    said.textContent = REASONS[error.name] ?? "That did not work. Wait a moment and try again.";
    said.hidden = false;
    delete form.dataset.sent;
  }
}

on("submit", "form[data-key]", (form, event) => {
  event.preventDefault();
  use(form);
});

// Browsers bind keys to a name: at an address of numbers there are none, and the page says where there are.
const byNumber = /^[\d.]+$|^\[/.test(location.hostname);
for (const form of document.querySelectorAll("form[data-key][data-ask]")) form.hidden = byNumber || !window.PublicKeyCredential;
for (const form of byNumber ? document.querySelectorAll("form[data-options]") : []) {
  const said = form.querySelector("[data-key-said]");
  said.textContent = `Security keys do not work at ${location.hostname}. Open http://localhost:${location.port}${location.pathname} and sign in there.`;
  said.hidden = false;
}
