import type { Decision, Judged, SubmitDecision } from "../engine/decisions.ts";
import type { CommittedEvent, EngineEvent, OutcomeEvent } from "../engine/events.ts";
import { jsonText } from "./jsonRpc.ts";
import type { ControlEvent, HintResult, TOPICS } from "./protocol.ts";

export type Topic = (typeof TOPICS)[number];

/** Who gets notifications: one line of JSON at a time. */
export interface Subscriber {
  /** From now on it waits for events. */
  begin(): void;
  notify(text: string): void;
}

/** Who listens to what; what nobody listens to is not even put into words. */
export interface Topics {
  subscribe(subscriber: Subscriber, topics: readonly Topic[]): void;
  /** Notifications `hint.result`. */
  subscribeResults(subscriber: Subscriber): void;
  leave(subscriber: Subscriber): void;
  /** What somebody listens to, in the order of the protocol. */
  of(subscriber: Subscriber): readonly Topic[];
  step(event: EngineEvent, decisions: readonly Decision[]): void;
  hint(result: HintResult): void;
}

export function createTopics(): Topics {
  const byTopic: Readonly<Record<Topic, Set<Subscriber>>> = {
    heads: new Set(),
    opportunities: new Set(),
    submissions: new Set(),
    fates: new Set(),
    hints: new Set(),
  };
  const results = new Set<Subscriber>();
  const send = (subscribers: ReadonlySet<Subscriber>, method: string, params: object): void => {
    const text = `{"jsonrpc":"2.0","method":"${method}","params":${jsonText(params)}}`;
    for (const subscriber of subscribers) subscriber.notify(text);
  };
  const tell = <T extends Topic>(topic: T, facts: () => Facts<T>): void => {
    const subscribers = byTopic[topic];
    if (subscribers.size > 0) send(subscribers, "event", { topic, ...facts() });
  };
  return {
    subscribe: (subscriber, topics) => {
      subscriber.begin();
      for (const topic of topics) byTopic[topic].add(subscriber);
    },
    subscribeResults: (subscriber) => {
      subscriber.begin();
      results.add(subscriber);
    },
    leave: (subscriber) => {
      for (const subscribers of [...Object.values(byTopic), results]) subscribers.delete(subscriber);
    },
    of: (subscriber) => ALL.filter((topic) => byTopic[topic].has(subscriber)),
    step: (event, decisions) => {
      if (event.type === "committed" && event.atHead) tell("heads", () => headFacts(event));
      if (event.type === "outcome") tell("fates", () => fateFacts(event));
      for (const decision of decisions) {
        if (decision.type === "judged")
          tell("opportunities", () => opportunityFacts(event.time, decision.judged));
        if (decision.type === "submit") tell("submissions", () => submissionFacts(event.time, decision));
      }
    },
    hint: (result) => {
      tell("hints", () => result);
      if (results.size > 0) send(results, "hint.result", result);
    },
  };
}

const ALL = ["heads", "opportunities", "submissions", "fates", "hints"] as const satisfies readonly Topic[];

type Facts<T extends Topic> = Omit<ControlEvent & { readonly topic: T }, "topic">;

const headFacts = ({ time, block, logs, tainted }: CommittedEvent): Facts<"heads"> => ({
  time,
  block: block.number,
  hash: block.hash,
  timestamp: block.timestamp,
  base_fee: block.baseFeePerGas.toString(),
  logs: logs.length,
  tainted: tainted.length,
});

const opportunityFacts = (time: number, judged: Judged): Facts<"opportunities"> => ({
  time,
  id: judged.id,
  code: judged.code,
  detail: judged.detail,
  base: judged.opportunity.cycle.base,
  pools: judged.opportunity.hops.map(({ pool }) => pool),
  amount_in: judged.opportunity.amountIn.toString(),
  profit: judged.numbers.profit.toString(),
  net: judged.numbers.net?.toString() ?? null,
  hints: [...(judged.hintIds ?? [])],
});

const submissionFacts = (time: number, decision: SubmitDecision): Facts<"submissions"> => ({
  time,
  intent: decision.intentId,
  opportunities: [...decision.opportunityIds],
  behind: decision.behind.map(({ hash }) => hash),
  target_block: decision.targetBlock,
  net: decision.net.toString(),
  hints: [...(decision.hintIds ?? [])],
});

const fateFacts = (event: OutcomeEvent): Facts<"fates"> => ({
  time: event.time,
  intent: event.intentId,
  fate: event.fate,
  reason: event.reason,
  block: event.block,
  transaction: event.transactionHash,
});
