import { useSyncExternalStore } from 'react';

export const PLACES = ['dashboard', 'arrivals'] as const;
export type Place = (typeof PLACES)[number];

/** Where the person is, kept in the address, so that back and forward work. */
export function usePlace(): Place {
  return useSyncExternalStore(subscribe, currentPlace);
}

export function addressOf(place: Place): string {
  return `#/${place}`;
}

function currentPlace(): Place {
  return PLACES.find((place) => addressOf(place) === window.location.hash) ?? 'dashboard';
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => {
    window.removeEventListener('hashchange', listener);
  };
}
