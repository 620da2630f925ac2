export interface Traders {
  ready(blockNumber: number): Promise<boolean>;
  stop(): Promise<void>;
}
export function startTraders(_options: {
  seed: number;
  wsUrl: string;
  firstBlock: number;
}): Promise<Traders> {
  return Promise.reject(new Error("the traders are not here yet"));
}
