// A provider of OpenID Connect, by the npm package oidc-provider: certified, and as strict as a State's.
//
//     node provider.js FOLDER PORT BACK
//
// FOLDER holds node_modules; browsers are sent back to BACK. It knows two people, who say who they are by pressing a button.
// Its issuer is at an address and the console at a name, so that for a browser they are two sites.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [folder, port, back] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));

const PEOPLE = ["ali", "fatima"];
const client = {
  client_id: "amana",
  client_secret: "un secret d'essai, assez long / et avec des signes",
  redirect_uris: [back],
  grant_types: ["authorization_code"],
  response_types: ["code"],
  id_token_signed_response_alg: process.env.SIGNED_BY ?? "RS256",
};

const { generateKeyPairSync } = await import("node:crypto");
const keys = [
  { ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), kid: "rsa", use: "sig" },
  { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), kid: "ec", use: "sig" },
];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  jwks: { keys },
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  // Names stand in the ID token, which is all that is read.
  conformIdTokenClaims: false,
  cookies: { keys: ["only for tests"] },
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) =>
    PEOPLE.includes(sub) ? { accountId: sub, claims: () => ({ sub, preferred_username: `${sub}@etat.example` }) } : undefined,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Whoever signs in agrees to what this one client asks.
  async loadExistingGrant(asked) {
    const grant = new asked.oidc.provider.Grant({
      clientId: asked.oidc.client.clientId,
      accountId: asked.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile");
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
});

const FORM = `<!doctype html><html lang="fr"><title>L’État</title><h1>Qui êtes-vous ?</h1><form method="post">${[...PEOPLE, "nobody"]
  .map((name) => `<button name="who" id="${name}" value="${name}">${name}</button>`)
  .join(" ")}</form>`;

async function interaction(request, answer) {
  const { params } = await provider.interactionDetails(request, answer);
  if (request.method !== "POST") {
    answer.setHeader("content-type", "text/html; charset=utf-8");
    answer.setHeader("x-ui-locales", params.ui_locales ?? "");
    return answer.end(FORM);
  }
  let body = "";
  for await (const part of request) body += part;
  const who = new URLSearchParams(body).get("who");
  const result = PEOPLE.includes(who) ? { login: { accountId: who } } : { error: "access_denied" };
  return provider.interactionFinished(request, answer, result, { mergeWithLastSubmission: false });
}

const callback = provider.callback();
createServer((request, answer) => {
  if (!request.url.startsWith("/interaction/")) return callback(request, answer);
  return interaction(request, answer).catch((error) => {
    answer.statusCode = 500;
    answer.end(String(error));
  });
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
