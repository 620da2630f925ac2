/**
 * Keeps the event loop turning: a process that never sleeps hears of a frame at once and finds its caches warm. It costs a
 * core. Returns what ends it.
 */
export function pollBusily(): () => void {
  let polling = true;
  const turn = (): void => {
    if (polling) setImmediate(turn);
  };
  turn();
  return () => {
    polling = false;
  };
}
