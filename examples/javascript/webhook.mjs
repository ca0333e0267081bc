// Take webhooks and check their signatures: LOMI_WEBHOOK_SECRET=whsec_… node webhook.mjs [PORT]
// With --check SECRET ID TIMESTAMP SIGNATURES NOW it checks one body from the standard input.
// Needs nothing but Node 18 or later. `isGenuine` is the part to copy.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

// Whether these bytes are ours and less than five minutes old (Standard Webhooks, v1).
function isGenuine(secret, headers, body, now = Date.now() / 1000) {
  const id = headers["webhook-id"] ?? "";
  const sentAt = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(sentAt) || Math.abs(now - Number(sentAt)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = Buffer.concat([Buffer.from(`${id}.${sentAt}.`), body]);
  const wanted = Buffer.from("v1," + createHmac("sha256", key).update(signed).digest("base64"));
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const given = Buffer.from(signature);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

async function receive(request, response) {
  // The bytes as they came: parsed and written again they are others.
  const body = await buffer(request);
  const genuine = isGenuine(process.env.LOMI_WEBHOOK_SECRET, request.headers, body);
  response.writeHead(genuine ? 204 : 401).end();
  if (!genuine) return;
  const event = JSON.parse(body);
  console.log(event.type, event.data.id, event.data.status);
}

const words = process.argv.slice(2);
if (words[0] === "--check") {
  const [, secret, id, sentAt, signatures, now] = words;
  const headers = { "webhook-id": id, "webhook-timestamp": sentAt, "webhook-signature": signatures };
  const genuine = isGenuine(secret, headers, await buffer(process.stdin), Number(now));
  console.log(genuine ? "genuine" : "refused");
} else {
  createServer(receive).listen(Number(words[0] ?? 9000), "127.0.0.1");
}
