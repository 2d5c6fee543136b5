// place-order.ts ORCHESTRATOR ORDERS KEY: an order by the generated TypeScript clients. The token is in API_TOKEN.
import { Configuration, OrchestrationApi, ResponseError } from './orchestrator';
import { Configuration as OrdersConfiguration, OrdersApi } from './orders';

declare const process: { argv: string[]; env: Record<string, string | undefined>; exitCode: number };

const [orchestrator, orders, key] = process.argv.slice(2);
const accessToken = process.env.API_TOKEN ?? '';
const orchestration = new OrchestrationApi(new Configuration({ basePath: orchestrator, accessToken }));

async function place(idempotencyKey: string, productId = 1) {
  const orderRequest = { customerId: 1, items: [{ productId, qty: 1 }], idempotencyKey };
  return (await orchestration.createAndConfirmOrder({ orderRequest })).data.order;
}

function expect(isRight: boolean, text: string): void {
  if (!isRight) throw new Error(text);
}

async function main(): Promise<void> {
  const order = await place(key);
  expect(order.status === 'CONFIRMED', `the order is ${order.status}`);
  expect((await place(key)).id === order.id, 'a repetition made another order');
  const found = await new OrdersApi(new OrdersConfiguration({ basePath: orders, accessToken })).getOrder({ id: order.id });
  expect(found.data.totalCents === order.totalCents, 'the total differs');
  try {
    await place(`${key}-unknown`, 999999999);
    throw new Error('an order of an unknown product was taken');
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const problem = await error.response.json();
    expect(problem.code === 'product-not-found', `the code is ${problem.code}`);
  }
  console.log(order.id);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
