import type { Rpc } from "../execution/chainAnswers.ts";
import { createBloxrouteChannel } from "../execution/channels/bloxroute.ts";
import type { Channel } from "../execution/channels/channel.ts";
import { createConditionalChannel } from "../execution/channels/conditional.ts";
import { createFlashbotsChannel } from "../execution/channels/flashbots.ts";
import { createPrivateChannel } from "../execution/channels/private.ts";
import { createPublicChannel } from "../execution/channels/public.ts";
import type { Primitives } from "../execution/primitives.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { secret, type Secret } from "../lib/secret.ts";
import { resolveSecret } from "../lib/secretReference.ts";
import type { ChannelConfig, Config } from "./config.ts";

interface ChannelParts {
  /** The node on whose state plans are priced. */
  readonly rpc: Rpc;
  readonly log: Log;
  readonly primitives: Primitives;
}

/** The first call to a place also opens its connection. */
const PROBE_MS = 3000;

/**
 * The configured channels, each asked for its method and connected. Throws `PlainError` (78) when one does not have it;
 * one that does not answer is warned of, and so is one that is public.
 */
export async function openChannels(config: Config, parts: ChannelParts): Promise<readonly Channel[]> {
  const channels = config.channels.map((channel) => openChannel(channel, parts));
  for (const { name } of config.channels.filter(({ type }) => type === "public")) {
    parts.log.warn({ channel: name }, "public channel: everybody sees a plan before it is mined");
  }
  await Promise.all(channels.map((channel) => probe(channel, parts.log)));
  for (const channel of channels) channel.connect?.();
  return channels;
}

async function probe(channel: Channel, log: Log): Promise<void> {
  const { name } = channel;
  const found = await channel.probe?.({ deadlineMs: PROBE_MS });
  if (found?.type === "missing") {
    throw new PlainError(
      EXIT.config,
      `channels: "${name}" does not know ${found.method}; correct its url, type or method`,
    );
  }
  if (found?.type === "unavailable") {
    log.warn({ channel: name, reason: found.reason }, "channel does not answer its probe");
  }
}

function openChannel(channel: ChannelConfig, parts: ChannelParts): Channel {
  const { name } = channel;
  const url = secret(channel.url);
  if (channel.type === "flashbots") {
    const authKey = channel.auth_key === undefined ? null : resolveSecret(channel.auth_key);
    const { primitives } = parts;
    return createFlashbotsChannel({ name, endpoint: { url, headers: {} }, authKey, primitives });
  }
  const { authorization } = channel;
  const headers: Record<string, Secret> =
    authorization === undefined ? {} : { authorization: resolveSecret(authorization) };
  const place = { name, endpoint: { url, headers } };
  switch (channel.type) {
    case "private":
      return createPrivateChannel({ ...place, method: channel.method });
    case "bloxroute":
      return createBloxrouteChannel(place);
    case "conditional":
      return createConditionalChannel(place, parts.rpc);
    case "public":
      return createPublicChannel(place);
  }
}
