import type { DeviceSession } from '@ghasi/desktop-bridge-types';
import { useEffect, useRef } from 'react';

const ASK_AGAIN_MILLISECONDS = 2_000;
const ASKED_AGAIN_MAX = 3;

/** The first answer of a session may come before the service has the names: asks a few times more. */
export function usePropertyNaming(session: DeviceSession): void {
  const asked = useRef(0);
  useEffect(() => {
    const isNamed = session.properties.length >= session.propertyIds.length;
    if (isNamed || asked.current >= ASKED_AGAIN_MAX) return undefined;
    const timer = setTimeout(() => {
      asked.current += 1;
      void window.melmastoon.session.current();
    }, ASK_AGAIN_MILLISECONDS);
    return () => {
      clearTimeout(timer);
    };
  }, [session]);
}
