import { generatePrivateKey } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadFlashbots } from "../../../bench/references/flashbotsLibrary.ts";
import { createFlashbotsChannel } from "../../../src/execution/channels/flashbots.ts";
import { secret } from "../../../src/lib/secret.ts";
import { DEADLINE, backrun, endpointOf } from "../../support/channelBundles.ts";
import { startPlace, type Place, type PlaceRequest } from "../../support/executionPlace.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace(({ rpc }) => ({
    json:
      rpc.method === "eth_callBundle"
        ? {
            bundleGasPrice: "1",
            bundleHash: "0x01",
            coinbaseDiff: "1",
            ethSentToCoinbase: "0",
            gasFees: "1",
            results: [],
          }
        : { bundleHash: "0x01" },
  }));
});
afterAll(() => place.stop());

const wire = ({ body, headers }: PlaceRequest) => ({
  body,
  signature: headers["x-flashbots-signature"],
  type: headers["content-type"],
});

test("bundle, simulation and cancellation leave as Flashbots' own library sends them, byte for byte", async () => {
  const key = generatePrivateKey();
  const channel = createFlashbotsChannel({
    name: "relay",
    endpoint: endpointOf(place),
    authKey: secret(key),
  });
  await channel.send(backrun, DEADLINE);
  await channel.simulate?.(backrun, DEADLINE);
  await channel.cancel?.(backrun, DEADLINE);
  const ours = place.requests.map(wire);
  expect(ours).toHaveLength(3);

  const { ethers, flashbots } = loadFlashbots();
  const network = new ethers.Network("", 137n);
  const provider = new flashbots.FlashbotsBundleProvider(
    new ethers.AbstractProvider(network, { cacheTimeout: -1 }),
    new ethers.Wallet(key),
    new ethers.FetchRequest(place.url),
    network,
  );
  const [{ replacementUuid }] = JSON.parse(ours[0]?.body ?? "").params;
  const [block = 0] = backrun.targetBlocks;
  // It decodes what was sent, which nobody here needs: some of it is no transaction.
  const given = Object.assign([...backrun.transactions], { map: () => [] });
  await provider.sendRawBundle(given, block, { replacementUuid });
  await provider.simulate([...backrun.transactions], block, block - 1);
  await provider.cancelBundles(replacementUuid);
  expect(place.requests.slice(3).map(wire)).toEqual(ours);
});
