/**
 * The service's time as this device best knows it.
 *
 * Front-desk machines run with wrong clocks, and a proof is good for about a minute only. The
 * offset is learned from a refusal for time and kept for the life of the page.
 */
export class CorrectedClock {
  #offsetMilliseconds = 0;
  readonly #localNow: () => number;

  constructor(localNow: () => number) {
    this.#localNow = localNow;
  }

  now(): number {
    return this.#localNow() + this.#offsetMilliseconds;
  }

  get offsetMilliseconds(): number {
    return this.#offsetMilliseconds;
  }

  /** Takes the service's word for the time; an unreadable one changes nothing and answers false. */
  correct(serverTime: string): boolean {
    const milliseconds = Date.parse(serverTime);
    if (!Number.isFinite(milliseconds)) return false;
    this.#offsetMilliseconds = milliseconds - this.#localNow();
    return true;
  }
}
