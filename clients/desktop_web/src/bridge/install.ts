import type { DesktopBridge } from '@ghasi/desktop-bridge-types';

import { CorrectedClock } from '../device/corrected_clock';
import { loadDeviceKey } from '../device/device_key';
import { DeviceStore } from '../device/device_store';
import { activitiesBridge } from './activities';
import { appIdentity, type AppIdentity } from './app_identity';
import { loadConfiguration, type Configuration } from './configuration';
import { Connection } from './connection';
import { dashboardBridge } from './dashboard';
import { exchangeOverNetwork, type HttpExchange } from './http_exchange';
import { locksBridge } from './locks';
import { reservationsBridge } from './reservations';
import { isRevocation } from './retry_rules';
import { serviceTimeFrom } from './service_time';
import { Session } from './session';
import { SessionTokens } from './session_tokens';
import { SignedCalls } from './signed_calls';
import { workbenchBridge } from './workbench';

/** Puts `window.melmastoon` in place. Throws where there is no configuration or no IndexedDB. */
export async function installBridge(page: Window): Promise<void> {
  const configuration = await loadConfiguration(exchangeOverNetwork, page.location.origin);
  const { bridge, connection } = await buildBridge({
    configuration,
    exchange: exchangeOverNetwork,
    store: new DeviceStore(indexedDB),
    clock: new CorrectedClock(Date.now),
    app: appIdentity(navigator.userAgent),
    isMachineOnline: () => navigator.onLine,
  });
  page.addEventListener('online', () => {
    connection.machineWent('online');
  });
  page.addEventListener('offline', () => {
    connection.machineWent('offline');
  });
  // Frozen, each part too: a script that slips in later cannot put its own code in place of ours.
  for (const surface of Object.values(bridge)) Object.freeze(surface);
  Object.defineProperty(page, 'melmastoon', {
    value: Object.freeze(bridge),
    writable: false,
    configurable: false,
  });
}

export interface BuiltBridge {
  readonly bridge: DesktopBridge;
  readonly connection: Connection;
}

export interface BridgeParts {
  readonly configuration: Configuration;
  readonly exchange: HttpExchange;
  readonly store: DeviceStore;
  readonly clock: CorrectedClock;
  readonly app: AppIdentity;
  readonly isMachineOnline: () => boolean;
}

export async function buildBridge(parts: BridgeParts): Promise<BuiltBridge> {
  const { configuration, exchange, store, clock, app, isMachineOnline } = parts;
  const session = new Session();
  const connection = new Connection(isMachineOnline, () => {
    session.connectionChanged();
  });
  const base = configuration.bff + configuration.basePath;
  const watched = connection.watch(exchange);
  const calls = new SignedCalls({
    exchange: watched,
    key: await loadDeviceKey(store),
    clock,
    app,
    askTime: serviceTimeFrom(watched, configuration.bff),
  });
  const tokens = new SessionTokens({
    calls,
    store,
    clock,
    refreshUrl: `${base}/auth/refresh`,
    onRefused: (error) => {
      session.end(isRevocation(error.refusal) ? 'revoked' : 'expired');
    },
  });
  session.attach({ configuration, calls, tokens }, connection);
  const bridge = {
    session: sessionSurface(session),
    dashboard: dashboardBridge(session, base),
    workbench: workbenchBridge(session, base),
    reservations: reservationsBridge(session, base),
    locks: locksBridge(session, base),
    activities: activitiesBridge(session, base),
  };
  return { bridge, connection };
}

/** The public methods alone: the page must not reach `send`. */
function sessionSurface(session: Session): DesktopBridge['session'] {
  return {
    signIn: (request) => session.signIn(request),
    current: () => session.current(),
    refresh: () => session.refresh(),
    signOut: () => session.signOut(),
    snapshot: () => session.snapshot(),
    subscribe: (listener) => session.subscribe(listener),
  };
}
