import HTTPMessages
import JSON

/// Personal data and secrets that occur nowhere else, and are looked for where none may be.
enum Canaries {
    static let name = "Zebedaea Quillfeather"
    static let email = "zq.7f3a@plant.example"
    static let phone = "+593 98 7654321"
    static let identityCard = "0911223344"
    static let address = "Lighthouse Road 9"
    static let password = "planted-pass-of-zebedaea"

    /// What tells of the person, in the parts that something may make of it; in lower case.
    static let personal = [
        "zebedaea", "quillfeather", "zq.7f3a", "zq7f3a", "plant.example", "7654321", identityCard, "lighthouse",
    ]

    static let customer = String(
        decoding: JSONWriter.object { writer in
            writer.member("name", name)
            writer.member("email", email)
            writer.member("phone", phone)
            writer.member("identity_card", identityCard)
            writer.member("address", address)
        }, as: UTF8.self)

    /// By the name of the setting that has it.
    static let secrets = [
        "SERVICE_TOKEN": "planted-service-token-4711", "API_TOKEN": "planted-api-token-4711",
        "API_TOKENS": "acme=planted-token-of-acme-4711",
        "JWT_SECRET": "planted-jwt-secret-4711-of-more-than-32-bytes",
        "CURSOR_SECRET": "planted-cursor-secret-4711", "SECRETS_KEY": "cGxhbnRlZC1zZWNyZXRzLWtleS1vZi0zMi1ieXRlcyE=",
        "PAYMENT_GATEWAY_KEY": "sk_test_planted4711", "TELEGRAM_BOT_TOKEN": "4711:planted-telegram-token",
        "SMTP_URL": "smtp://planted-mail-user:planted-mail-word@127.0.0.1:1",
        "AMQP_URL": "amqp://planted-broker-user:planted-broker-word@127.0.0.1:1/vhost",
    ]

    /// What a log must not hold of them, in lower case.
    static let secretParts = [
        "planted", "cgxhbnrlzc1zzwnyzxrzlwtles", "4711:planted", "sk_test_planted",
    ]
}
