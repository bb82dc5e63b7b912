// Asks the browser for a passkey, and puts its answer into the form that asked: the page's own forms do the rest.
'use strict';
const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

const ask = {
  get: async ({ challenge, party }) => {
    const { rawId, response } = await navigator.credentials.get({
      publicKey: { challenge: decode(challenge), rpId: party, userVerification: 'required', timeout: 300000 },
    });
    return {
      id: rawId,
      'client-data': response.clientDataJSON,
      'authenticator-data': response.authenticatorData,
      signature: response.signature,
    };
  },
  create: async ({ challenge, party, user, name, person, known }) => {
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: decode(challenge),
        rp: { id: party, name: 'Amana' },
        user: { id: decode(user), name, displayName: person },
        pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: known.split(' ').filter(Boolean).map((id) => ({ type: 'public-key', id: decode(id) })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: 300000,
      },
    });
    return { 'client-data': response.clientDataJSON, attestation: response.attestationObject };
  },
};

for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const refused = form.querySelector('[data-refused]');
    refused.hidden = true;
    try {
      const answer = await ask[form.dataset.passkey](form.dataset);
      for (const [name, bytes] of Object.entries(answer)) {
        const field = Object.assign(document.createElement('input'), { type: 'hidden', name, value: encode(bytes) });
        form.append(field);
      }
      form.submit();
    } catch (error) {
      refused.hidden = false;
    }
  });
}
