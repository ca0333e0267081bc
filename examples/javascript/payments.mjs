// Ask a payer for money, wait for the end, list: node payments.mjs REFERENCE AMOUNT PHONE
// Needs nothing but Node 18 or later. LOMI_KEY is an API key, LOMI_URL where the platform is.

import { setTimeout as sleep } from "node:timers/promises";

const API = `${process.env.LOMI_URL ?? "http://127.0.0.1:8000"}/api/v1`;
const TRIES_MAX = 5;
const WORTH_REPEATING = [409, 429, 500, 502, 503, 504];
const FINAL = ["succeeded", "failed", "expired", "canceled"];

// The answer's JSON. What is safe to repeat is repeated: a GET, a POST with its key.
async function call(method, path, body, idempotencyKey) {
  const headers = { Authorization: `Bearer ${process.env.LOMI_KEY}` };
  if (body) {
    headers["Content-Type"] = "application/json";
    headers["Idempotency-Key"] = idempotencyKey;
  }
  for (let tries = 1; ; tries++) {
    let pause = 2 ** tries;
    try {
      const answer = await fetch(API + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
      if (answer.ok) return await answer.json();
      // 409: the first request with this key is still at work.
      if (!WORTH_REPEATING.includes(answer.status) || tries === TRIES_MAX) {
        console.log(`refused: ${(await answer.json()).code}`);
        process.exit(1);
      }
      pause = Number(answer.headers.get("Retry-After") ?? pause);
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
    }
    await sleep(pause * 1000);
  }
}

const [reference, amount, phone] = process.argv.slice(2);
let payment = await call(
  "POST",
  "/payments",
  { amount: Number(amount), currency: "XAF", payer: { phone }, reference },
  reference,
);
console.log(`created ${payment.id}`);
while (!FINAL.includes(payment.status)) {
  await sleep(1000);
  payment = await call("GET", `/payments/${payment.id}`);
}
console.log(`ended ${payment.status}`);
const newest = await call("GET", "/payments?limit=1");
console.log(`newest ${newest.data[0].id}`);
