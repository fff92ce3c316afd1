import type { CorrectedClock } from '../device/corrected_clock';
import type { DeviceStore, Grant } from '../device/device_store';
import { newUlid } from '../device/ulid';
import { problemOfKind, ProblemError } from './problem';
import { newRequestId, RefusedError, type Credentials, type SignedCalls } from './signed_calls';
import { numberFrom, objectFrom, textFrom } from './shapes';

/** Renew this long before the token ends, so that no request starts with one about to die. */
export const RENEW_BEFORE_END_MILLISECONDS = 60_000;

export interface TokenPair {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly refreshToken: string;
}

export interface SessionNames {
  readonly deviceId: string;
  readonly sessionId: string;
}

export function sessionNamesFrom(unchecked: unknown): SessionNames {
  const members = objectFrom(unchecked, 'login answer');
  return {
    deviceId: textFrom(members['deviceId'], 'deviceId'),
    sessionId: textFrom(members['sessionId'], 'sessionId'),
  };
}

export function tokenPairFrom(unchecked: unknown): TokenPair {
  const members = objectFrom(unchecked, 'token answer');
  return {
    accessToken: textFrom(members['accessToken'], 'accessToken'),
    expiresInSeconds: numberFrom(members['expiresIn'], 'expiresIn'),
    refreshToken: textFrom(members['refreshToken'], 'refreshToken'),
  };
}

interface HeldToken {
  readonly value: string;
  readonly expiresAt: number;
}

export interface SessionTokensParts {
  readonly calls: SignedCalls;
  readonly store: DeviceStore;
  readonly clock: CorrectedClock;
  readonly refreshUrl: string;
  /** Told once the service has refused to renew: the session is over. */
  readonly onRefused: (error: RefusedError) => void;
}

/** The access token of this page and its renewal. The access token is never stored. */
export class SessionTokens implements Credentials {
  readonly #parts: SessionTokensParts;
  #grant: Grant | null = null;
  #held: HeldToken | null = null;
  #renewal: Promise<void> | null = null;

  constructor(parts: SessionTokensParts) {
    this.#parts = parts;
  }

  get deviceId(): string {
    if (this.#grant === null) throw sessionEnded();
    return this.#grant.deviceId;
  }

  /** Takes what an earlier run kept; answers false where it kept nothing. */
  async resume(): Promise<boolean> {
    this.#grant ??= await this.#parts.store.read('grant');
    return this.#grant !== null;
  }

  async adopt(pair: TokenPair, session: SessionNames): Promise<void> {
    const { deviceId, sessionId } = session;
    this.#grant = { refreshToken: pair.refreshToken, deviceId, sessionId };
    this.#hold(pair);
    await this.#parts.store.write('grant', this.#grant);
  }

  /** Whether this page's session is still the one this device keeps. */
  async isKept(): Promise<boolean> {
    const stored = await this.#parts.store.read('grant');
    return stored !== null && stored.sessionId === this.#grant?.sessionId;
  }

  /** Forgets this page's session; one that somebody else opened here meanwhile stays. */
  async forget(): Promise<void> {
    const mine = this.#grant;
    this.#grant = null;
    this.#held = null;
    const stored = await this.#parts.store.read('grant');
    if (mine !== null && stored?.sessionId === mine.sessionId) {
      await this.#parts.store.remove('grant');
    }
  }

  async accessToken(): Promise<string> {
    if (this.#grant === null) throw sessionEnded();
    if (
      this.#held === null ||
      this.#held.expiresAt - this.#parts.clock.now() < RENEW_BEFORE_END_MILLISECONDS
    ) {
      await this.renewNow();
    }
    if (this.#held === null) throw sessionEnded();
    return this.#held.value;
  }

  async renew(refusedToken: string): Promise<void> {
    if (this.#held?.value === refusedToken || this.#held === null) await this.renewNow();
  }

  /** One renewal at a time: callers that come meanwhile share it. */
  renewNow(): Promise<void> {
    this.#renewal ??= withCrossTabLock(() => this.#renewOnce()).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<void> {
    const { store, calls, refreshUrl, onRefused } = this.#parts;
    const grant = await this.#currentGrant();
    const pendingRenewalKey = grant.pendingRenewalKey ?? newUlid();
    await store.write('grant', { ...grant, pendingRenewalKey });
    try {
      const response = await calls.send(
        {
          method: 'POST',
          url: refreshUrl,
          requestId: newRequestId(),
          body: { refreshToken: grant.refreshToken },
          idempotencyKey: pendingRenewalKey,
        },
        null,
      );
      const pair = tokenPairFrom(await response.json());
      if (this.#grant?.sessionId !== grant.sessionId) throw sessionEnded();
      await this.adopt(pair, grant);
    } catch (error) {
      if (error instanceof RefusedError && endsTheSession(error)) {
        await this.forget();
        onRefused(error);
        throw new ProblemError({ ...error.problem, kind: 'session_ended' });
      }
      throw error;
    }
  }

  /** Another tab may have renewed, signed out, or signed somebody else in since this one looked. */
  async #currentGrant(): Promise<Grant> {
    const stored = await this.#parts.store.read('grant');
    if (stored !== null && stored.sessionId === this.#grant?.sessionId) return stored;
    this.#grant = null;
    this.#held = null;
    throw sessionEnded();
  }

  #hold(pair: TokenPair): void {
    const lifetime = pair.expiresInSeconds * 1000;
    this.#held = { value: pair.accessToken, expiresAt: this.#parts.clock.now() + lifetime };
  }
}

/**
 * A refused proof, a limit or an outage says nothing about the refresh token: the person stays
 * signed in and the next call tries again.
 */
function endsTheSession({ refusal }: RefusedError): boolean {
  const isAboutProof =
    refusal.challenge === 'invalid_dpop_proof' || refusal.challenge === 'use_dpop_nonce';
  return [400, 401, 403].includes(refusal.status) && !isAboutProof;
}

function sessionEnded(): ProblemError {
  return new ProblemError(problemOfKind('session_ended', newRequestId()));
}

/** Two tabs that renew at once would use one refresh token twice, which revokes the family. */
async function withCrossTabLock(work: () => Promise<void>): Promise<void> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  await (locks === undefined ? work() : locks.request('melmastoon-renewal', work));
}
