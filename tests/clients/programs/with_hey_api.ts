// A payment by what hey-api's openapi-ts makes of docs/openapi.json.
import { paymentsCreate, paymentsGet, paymentsList, type PaymentInput } from "./lomi";
import { client } from "./lomi/client.gen";

const { LOMI_URL, LOMI_KEY, LOMI_REFERENCE: reference = "" } = process.env;
client.setConfig({ baseUrl: LOMI_URL, auth: LOMI_KEY });
const wanted: PaymentInput = {
  amount: 1500,
  currency: "XAF",
  payer: { phone: "677 00 00 01" },
  reference,
};

const create = (key: string, body: PaymentInput) =>
  paymentsCreate({ headers: { "Idempotency-Key": key }, body });

const made = await create(reference, wanted);
if (!made.data) throw new Error(made.error.detail);
const again = await create(reference, wanted);
const refused = await create(`${reference}-0`, { ...wanted, amount: 0 });
let payment = made.data;
while (payment.status !== "succeeded") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const found = await paymentsGet({ path: { payment_id: payment.id } });
  if (!found.data) throw new Error(found.error.detail);
  payment = found.data;
}
const listed = await paymentsList({ query: { reference } });
console.log(
  JSON.stringify({
    id: payment.id,
    amount_received: payment.amount_received,
    again: again.data?.id,
    refused: refused.error?.code,
    listed: listed.data?.data.map((one) => one.id),
  }),
);
