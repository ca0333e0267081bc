// Check the signature of a webhook: java Webhook.java SECRET ID TIMESTAMP SIGNATURES NOW < body
// Needs nothing but Java 11 or later. `isGenuine` is the part to copy.

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Webhook {
    // Whether these bytes are ours and less than five minutes old (Standard Webhooks, v1).
    static boolean isGenuine(
            String secret, String id, String sentAt, String signatures, byte[] body, long now)
            throws GeneralSecurityException {
        if (!sentAt.matches("\\d{1,12}") || Math.abs(now - Long.parseLong(sentAt)) > 300) {
            return false;
        }
        byte[] key = Base64.getDecoder().decode(secret.replace("whsec_", ""));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((id + "." + sentAt + ".").getBytes(StandardCharsets.UTF_8));
        String wanted = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        boolean genuine = false;
        for (String given : signatures.split(" ")) {
            genuine |= MessageDigest.isEqual(
                    wanted.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
        }
        return genuine;
    }

    public static void main(String[] words) throws Exception {
        byte[] body = System.in.readAllBytes();
        long now = Long.parseLong(words[4]);
        boolean genuine = isGenuine(words[0], words[1], words[2], words[3], body, now);
        System.out.println(genuine ? "genuine" : "refused");
    }
}
