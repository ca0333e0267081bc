<?php
// Ask a payer for money, wait for the end, list: php payments.php REFERENCE AMOUNT PHONE
// Needs nothing but PHP 8. LOMI_KEY is an API key, LOMI_URL where the platform is.

declare(strict_types=1);

const TRIES_MAX = 5;
const WORTH_REPEATING = [0, 409, 429, 500, 502, 503, 504];
const FINAL_STATUSES = ['succeeded', 'failed', 'expired', 'canceled'];

// The answer's JSON. What is safe to repeat is repeated: a GET, a POST with its key.
function call(string $method, string $path, ?array $body = null, string $idempotencyKey = ''): array
{
    $headers = ['Authorization: Bearer ' . getenv('LOMI_KEY')];
    if ($body !== null) {
        $headers[] = 'Content-Type: application/json';
        $headers[] = "Idempotency-Key: $idempotencyKey";
    }
    $context = stream_context_create(['http' => [
        'method' => $method,
        'header' => $headers,
        'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
        'ignore_errors' => true,
        'follow_location' => 0,
        'timeout' => 30,
    ]]);
    $url = (getenv('LOMI_URL') ?: 'http://127.0.0.1:8000') . '/api/v1' . $path;
    for ($tries = 1; ; $tries++) {
        $http_response_header = [];
        $answer = @file_get_contents($url, false, $context);
        $status = (int) (explode(' ', $http_response_header[0] ?? '')[1] ?? 0);
        if ($answer !== false && $status >= 200 && $status < 300) {
            return json_decode($answer, true, flags: JSON_THROW_ON_ERROR);
        }
        // 409: the first request with this key is still at work.
        if (!in_array($status, WORTH_REPEATING, true) || $tries === TRIES_MAX) {
            echo 'refused: ', json_decode((string) $answer, true)['code'] ?? 'no answer', "\n";
            exit(1);
        }
        $pause = 2 ** $tries;
        foreach ($http_response_header as $header) {
            if (stripos($header, 'Retry-After:') === 0) {
                $pause = (int) trim(substr($header, 12));
            }
        }
        sleep($pause);
    }
}

[, $reference, $amount, $phone] = $argv;
$payment = call('POST', '/payments', [
    'amount' => (int) $amount,
    'currency' => 'XAF',
    'payer' => ['phone' => $phone],
    'reference' => $reference,
], $reference);
echo "created {$payment['id']}\n";
while (!in_array($payment['status'], FINAL_STATUSES, true)) {
    sleep(1);
    $payment = call('GET', "/payments/{$payment['id']}");
}
echo "ended {$payment['status']}\n";
$newest = call('GET', '/payments?limit=1');
echo "newest {$newest['data'][0]['id']}\n";
