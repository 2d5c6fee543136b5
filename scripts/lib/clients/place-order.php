<?php
// place-order.php ORCHESTRATOR ORDERS KEY: an order by the generated PHP clients. The token is in API_TOKEN.
declare(strict_types=1);

set_error_handler(function (int $level, string $text, string $file, int $line): bool {
    throw new ErrorException($text, 0, $level, $file, $line);
});
require '/usr/share/php/GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    [$package, $rest] = explode('\\', $class, 2) + [1 => ''];
    $folder = ['OrchestratorClient' => 'orchestrator', 'OrdersClient' => 'orders'][$package] ?? null;
    $file = __DIR__ . "/$folder/lib/" . str_replace('\\', '/', $rest) . '.php';
    if ($folder !== null && is_file($file)) {
        require $file;
    }
});

[, $orchestrator, $orders, $key] = $argv;
$token = (string) getenv('API_TOKEN');
$http = new GuzzleHttp\Client(['timeout' => 15]);
$configuration = (new OrchestratorClient\Configuration())->setHost($orchestrator)->setAccessToken($token);
$orchestration = new OrchestratorClient\Api\OrchestrationApi($http, $configuration);

function place(string $key, int $product = 1): OrchestratorClient\Model\ConfirmedOrder
{
    global $orchestration;
    $item = new OrchestratorClient\Model\OrderItemDraft(['product_id' => $product, 'qty' => 1]);
    $request = new OrchestratorClient\Model\OrderRequest(['customer_id' => 1, 'items' => [$item], 'idempotency_key' => $key]);
    return $orchestration->createAndConfirmOrder($request)->getData()->getOrder();
}

function expect(bool $isRight, string $text): void
{
    if (!$isRight) {
        throw new RuntimeException($text);
    }
}

$order = place($key);
expect($order->getStatus() === 'CONFIRMED', 'the order is ' . $order->getStatus());
expect(place($key)->getId() === $order->getId(), 'a repetition made another order');
$found = (new OrdersClient\Api\OrdersApi($http, (new OrdersClient\Configuration())->setHost($orders)->setAccessToken($token)))
    ->getOrder($order->getId())->getData();
expect($found->getTotalCents() === $order->getTotalCents(), 'the total differs');
try {
    place("$key-unknown", 999999999);
    throw new RuntimeException('an order of an unknown product was taken');
} catch (OrchestratorClient\ApiException $error) {
    expect($error->getCode() === 404, 'it answered ' . $error->getCode());
}
echo $order->getId(), "\n";
