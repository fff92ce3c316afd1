import type { Refusal } from './problem';

/** What may make a second try succeed. Each is tried once per call. */
export type Remedy =
  /** The network failed: same request, same idempotency key, fresh proof. */
  | 'ask_again'
  /** RFC 9449 §8: the service wants its nonce in the proof. */
  | 'server_nonce'
  /** The device's clock is wrong and the service told its time. */
  | 'correct_clock'
  /** The access token is no longer good. */
  | 'renew_token'
  /** The proof was refused for no told reason, as when the network stack sent it twice. */
  | 'fresh_proof';

/** First try plus one per remedy; a call never loops. */
export const ATTEMPTS_MAX = 5;

export interface Circumstances {
  readonly spent: ReadonlySet<Remedy>;
  readonly carriesToken: boolean;
  /** The answer brought a `DPoP-Nonce`. */
  readonly nonceReceived: boolean;
}

/** The remedy for a refusal, or null where asking again would not help. */
export function remedyFor(refusal: Refusal, circumstances: Circumstances): Remedy | null {
  if (refusal.status !== 400 && refusal.status !== 401) return null;
  return (
    candidates(refusal, circumstances).find((remedy) => !circumstances.spent.has(remedy)) ?? null
  );
}

function candidates(refusal: Refusal, circumstances: Circumstances): readonly Remedy[] {
  switch (refusal.challenge) {
    case 'use_dpop_nonce':
      return circumstances.nonceReceived ? ['server_nonce'] : [];
    case 'invalid_dpop_proof':
      return refusal.serverTime === null ? ['fresh_proof'] : ['correct_clock'];
    case 'invalid_token':
      return circumstances.carriesToken && !isRevocation(refusal) ? ['renew_token'] : [];
    default:
      return [];
  }
}

/** Told only to a caller whose token and proof hold, so it can be believed. */
export function isRevocation(refusal: Refusal): boolean {
  const code = refusal.body['code'];
  return typeof code === 'string' && code.endsWith('.SESSION_REVOKED');
}
