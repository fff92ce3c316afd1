/** The unmodified `oauth4webapi`: discovery, code grant with PKCE and DPoP, /session, refresh, /session. */

import * as oauth from 'oauth4webapi';

import { signInAt } from './authorization_page.mjs';
import { CLIENT_ID, readTask, REDIRECT_URI, report, require } from './journey.mjs';

// One machine: iam and the service listen on loopback without TLS.
const options = { [oauth.allowInsecureRequests]: true };

const task = await readTask();
const issuer = new URL(task.iam);
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }),
);
const client = { client_id: CLIENT_ID };
const keyPair = await oauth.generateKeyPair('ES256');
const DPoP = oauth.DPoP(client, keyPair);

const { parameters, codeVerifier } = await authorize();
const granted = await oauth.processAuthorizationCodeResponse(
  server,
  client,
  await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    REDIRECT_URI,
    codeVerifier,
    { DPoP, ...options },
  ),
);
require(granted.token_type === 'dpop', 'The token is bound to the key');
const first = await session(granted.access_token, granted.device_id);

const renewed = await oauth.processRefreshTokenResponse(
  server,
  client,
  await oauth.refreshTokenGrantRequest(server, client, oauth.None(), granted.refresh_token, {
    DPoP,
    ...options,
  }),
);
const second = await session(renewed.access_token, granted.device_id);

report({
  deviceId: granted.device_id,
  first,
  second,
  accessTokenChanged: renewed.access_token !== granted.access_token,
  refreshTokenChanged: renewed.refresh_token !== granted.refresh_token,
});

async function authorize() {
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    state,
  });
  const callback = await signInAt(url, task);
  return { parameters: oauth.validateAuthResponse(server, client, callback, state), codeVerifier };
}

async function session(accessToken, deviceId) {
  const response = await oauth.protectedResourceRequest(
    accessToken,
    'GET',
    new URL(`${task.bff}${task.basePath}/session`),
    new Headers({ 'X-Device-Id': deviceId }),
    null,
    { DPoP, ...options },
  );
  return response.json();
}
