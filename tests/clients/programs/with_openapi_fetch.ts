// A payment by the types that openapi-typescript makes of docs/openapi.json, with openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./lomi";

const { LOMI_URL, LOMI_KEY, LOMI_REFERENCE: reference = "" } = process.env;
const api = createClient<paths>({
  baseUrl: LOMI_URL,
  headers: { Authorization: `Bearer ${LOMI_KEY}` },
});
const wanted: components["schemas"]["PaymentInput"] = {
  amount: 1500,
  currency: "XAF",
  payer: { phone: "677 00 00 01" },
  reference,
};

const create = (key: string, body: typeof wanted) =>
  api.POST("/api/v1/payments", { params: { header: { "Idempotency-Key": key } }, body });

const made = await create(reference, wanted);
if (!made.data) throw new Error(made.error.detail);
const again = await create(reference, wanted);
const refused = await create(`${reference}-0`, { ...wanted, amount: 0 });
let payment = made.data;
while (payment.status !== "succeeded") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const found = await api.GET("/api/v1/payments/{payment_id}", {
    params: { path: { payment_id: payment.id } },
  });
  if (!found.data) throw new Error(found.error.detail);
  payment = found.data;
}
const listed = await api.GET("/api/v1/payments", { params: { query: { reference } } });
console.log(
  JSON.stringify({
    id: payment.id,
    amount_received: payment.amount_received,
    again: again.data?.id,
    refused: refused.error?.code,
    listed: listed.data?.data.map((one) => one.id),
  }),
);
