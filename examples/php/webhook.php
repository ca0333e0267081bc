<?php
// Take webhooks and check their signatures:
//   LOMI_WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:9000 webhook.php
// With --check SECRET ID TIMESTAMP SIGNATURES NOW it checks one body from the standard input.
// Needs nothing but PHP 8. `is_genuine` is the part to copy.

declare(strict_types=1);

// Whether these bytes are ours and less than five minutes old (Standard Webhooks, v1).
function is_genuine(string $secret, array $headers, string $body, ?int $now = null): bool
{
    $id = $headers['webhook-id'] ?? '';
    $sentAt = $headers['webhook-timestamp'] ?? '';
    if (!ctype_digit($sentAt) || abs(($now ?? time()) - (int) $sentAt) > 300) {
        return false;
    }
    $key = base64_decode(str_replace('whsec_', '', $secret));
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sentAt.$body", $key, true));
    $genuine = false;
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $given) {
        $genuine = hash_equals($wanted, $given) || $genuine;
    }
    return $genuine;
}

if (PHP_SAPI === 'cli') {
    [, , $secret, $id, $sentAt, $signatures, $now] = $argv;
    $headers = [
        'webhook-id' => $id,
        'webhook-timestamp' => $sentAt,
        'webhook-signature' => $signatures,
    ];
    $body = (string) file_get_contents('php://stdin');
    echo is_genuine($secret, $headers, $body, (int) $now) ? 'genuine' : 'refused', "\n";
    return;
}

$headers = array_change_key_case(getallheaders());
$body = (string) file_get_contents('php://input');
if (!is_genuine((string) getenv('LOMI_WEBHOOK_SECRET'), $headers, $body)) {
    http_response_code(401);
    return;
}
http_response_code(204);
$event = json_decode($body, true);
error_log("{$event['type']} {$event['data']['id']} {$event['data']['status']}");
