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

  async adopt(pair: TokenPair, deviceId: string): Promise<void> {
    this.#grant = { refreshToken: pair.refreshToken, deviceId };
    this.#hold(pair);
    await this.#parts.store.write('grant', this.#grant);
  }

  async forget(): Promise<void> {
    this.#grant = null;
    this.#held = null;
    await this.#parts.store.remove('grant');
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
    // Another tab may have renewed, or signed out, since this one last looked.
    const grant = await store.read('grant');
    if (grant === null) throw sessionEnded();
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
      await this.adopt(tokenPairFrom(await response.json()), grant.deviceId);
    } catch (error) {
      if (error instanceof RefusedError && endsTheSession(error)) {
        await this.forget();
        onRefused(error);
        throw new ProblemError({ ...error.problem, kind: 'session_ended' });
      }
      throw error;
    }
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
