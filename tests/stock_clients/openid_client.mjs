/** The unmodified `openid-client`: discovery, code grant with PKCE and DPoP, /session, refresh, /session. */

import * as client from 'openid-client';

import { signInAt } from './authorization_page.mjs';
import { CLIENT_ID, readTask, REDIRECT_URI, report, require } from './journey.mjs';

const task = await readTask();
const configuration = await client.discovery(
  new URL(task.iam),
  CLIENT_ID,
  undefined,
  client.None(),
  // One machine: iam and the service listen on loopback without TLS.
  { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
);
const keyPair = await client.randomDPoPKeyPair('ES256');
const DPoP = client.getDPoPHandle(configuration, keyPair);

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const authorizationUrl = client.buildAuthorizationUrl(configuration, {
  redirect_uri: REDIRECT_URI,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
});
const callback = await signInAt(authorizationUrl, task);
const granted = await client.authorizationCodeGrant(
  configuration,
  callback,
  { pkceCodeVerifier, expectedState },
  undefined,
  { DPoP },
);
require(granted.token_type === 'dpop', 'The token is bound to the key');
const first = await session(granted.access_token);

const renewed = await client.refreshTokenGrant(configuration, granted.refresh_token, undefined, {
  DPoP,
});
const second = await session(renewed.access_token);

report({
  deviceId: granted.device_id,
  first,
  second,
  accessTokenChanged: renewed.access_token !== granted.access_token,
  refreshTokenChanged: renewed.refresh_token !== granted.refresh_token,
});

async function session(accessToken) {
  const response = await client.fetchProtectedResource(
    configuration,
    accessToken,
    new URL(`${task.bff}${task.basePath}/session`),
    'GET',
    null,
    new Headers({ 'X-Device-Id': granted.device_id }),
    { DPoP },
  );
  return response.json();
}
