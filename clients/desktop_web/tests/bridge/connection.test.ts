import { describe, expect, it } from 'vitest';

import { Connection } from '../../src/bridge/connection';
import { FakeExchange, json, lineBroken } from '../fake_exchange';

const REQUEST = { method: 'GET', url: 'https://bff.example/', headers: {}, timeoutMilliseconds: 1 };

function connectionOver(line: FakeExchange, machine: { isOnline: boolean }) {
  const changes: string[] = [];
  const connection = new Connection(
    () => machine.isOnline,
    () => changes.push(connection.state),
  );
  return { connection, changes, exchange: connection.watch(line.exchange) };
}

describe('the connection', () => {
  it('is unreachable when the machine has a line and nobody answers, until somebody does', async () => {
    const line = new FakeExchange(lineBroken, lineBroken, json(503, {}));
    const { exchange, changes } = connectionOver(line, { isOnline: true });

    await expect(exchange(REQUEST)).rejects.toThrow();
    await expect(exchange(REQUEST)).rejects.toThrow();
    await exchange(REQUEST);

    expect(changes).toEqual(['unreachable', 'online']);
  });

  it('is offline when the machine says so', async () => {
    const machine = { isOnline: false };
    const { connection, exchange, changes } = connectionOver(new FakeExchange(lineBroken), machine);

    await expect(exchange(REQUEST)).rejects.toThrow();
    connection.machineWent('online');

    expect(changes).toEqual(['offline', 'online']);
  });

  it('does not believe that the service answers only because the machine has a line again', async () => {
    const line = new FakeExchange(lineBroken);
    const { connection, exchange, changes } = connectionOver(line, { isOnline: true });

    await expect(exchange(REQUEST)).rejects.toThrow();
    connection.machineWent('online');

    expect(changes).toEqual(['unreachable']);
  });
});
