// A payment by what orval makes of docs/openapi.json.
import { paymentsCreate, paymentsGet, paymentsList, type PaymentInput } from "./lomi";

const { LOMI_KEY, LOMI_REFERENCE: reference = "" } = process.env;
const options = { headers: { Authorization: `Bearer ${LOMI_KEY}` } };
const wanted: PaymentInput = {
  amount: 1500,
  currency: "XAF",
  payer: { phone: "677 00 00 01" },
  reference,
};

const create = (key: string, body: PaymentInput) =>
  paymentsCreate(body, { "Idempotency-Key": key }, options);

const made = await create(reference, wanted);
if (made.status !== 201) throw new Error(made.data.detail);
const again = await create(reference, wanted);
const refused = await create(`${reference}-0`, { ...wanted, amount: 0 });
let payment = made.data;
while (payment.status !== "succeeded") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const found = await paymentsGet(payment.id, undefined, options);
  if (found.status !== 200) throw new Error(found.data.detail);
  payment = found.data;
}
const listed = await paymentsList({ reference }, options);
console.log(
  JSON.stringify({
    id: payment.id,
    amount_received: payment.amount_received,
    again: again.status === 201 ? again.data.id : undefined,
    refused: refused.status === 400 ? refused.data.code : undefined,
    listed: listed.status === 200 ? listed.data.data.map((one) => one.id) : [],
  }),
);
