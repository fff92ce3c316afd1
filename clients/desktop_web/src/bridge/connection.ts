import type { ConnectionState } from '@ghasi/desktop-bridge-types';

import { NoAnswerError, type HttpExchange } from './http_exchange';

/** What the last exchange and the machine itself say about the line. */
export class Connection {
  #state: ConnectionState = 'online';
  readonly #isMachineOnline: () => boolean;
  readonly #changed: () => void;

  constructor(isMachineOnline: () => boolean, changed: () => void) {
    this.#isMachineOnline = isMachineOnline;
    this.#changed = changed;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The machine's word is believed when it says offline; online has yet to be proven. */
  machineWent(state: 'online' | 'offline'): void {
    if (state === 'offline' || this.#state === 'offline') this.#become(state);
  }

  /** Wraps an exchange so that each answer and each silence is noticed. */
  watch(exchange: HttpExchange): HttpExchange {
    return async (request) => {
      try {
        const response = await exchange(request);
        this.#become('online');
        return response;
      } catch (error) {
        if (error instanceof NoAnswerError)
          this.#become(this.#isMachineOnline() ? 'unreachable' : 'offline');
        throw error;
      }
    };
  }

  #become(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changed();
  }
}
