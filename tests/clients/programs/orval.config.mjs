export default {
  lomi: {
    input: { target: process.env.LOMI_OPENAPI },
    output: {
      target: "lomi.ts",
      client: "fetch",
      headers: true,
      baseUrl: { runtime: "process.env.LOMI_URL" },
    },
  },
};
