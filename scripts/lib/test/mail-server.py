"""A mail server on 127.0.0.1 that prints its port, and each message that it takes as JSON. With a certificate and a key as its arguments it
wants STARTTLS and a login; with `smtps` after them it speaks TLS from the start. The local part of a recipient says what it does with the message."""

import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self):
        self.seen = set()

    def is_first(self, local):
        """Whether this is asked of a recipient for the first time."""
        is_first = local not in self.seen
        self.seen.add(local)
        return is_first

    async def handle_RCPT(self, server, session, envelope, address, options):
        replies = {
            "greylisted": "450 4.2.0 Greylisted, come back in five minutes",
            "unknown": "550 5.1.1 No such user here",
            "closing": "421 4.3.2 Shutting down",
            "relaying": "554 5.7.1 Relay access denied",
            "named-only": f"550 {address} is not here",
            "named": f"550 5.1.1 <{address}>: Recipient address rejected",
        }
        local = address.split("@")[0]
        if local == "greylisted-once" and self.is_first(local):
            return replies["greylisted"]
        if local in replies:
            return replies[local]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        local = envelope.rcpt_tos[0].split("@")[0]
        if local == "refused":
            return "554 5.6.0 Not this content"
        if local == "later":
            return "451 4.3.0 Disk full"
        if local == "hang":
            await asyncio.sleep(3600)
        if local == "close":
            server.transport.abort()
            return "250 OK"
        if local == "drip":
            while True:
                await server.push("250-wait")
                await asyncio.sleep(0.2)
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        print(
            json.dumps(
                {
                    "sender": envelope.mail_from,
                    "recipients": envelope.rcpt_tos,
                    "is_encrypted": session.ssl is not None,
                    "is_authenticated": session.authenticated,
                    "greeting": session.host_name,
                    "raw": base64.b64encode(envelope.original_content).decode(),
                    "headers": {name.lower(): str(value) for name, value in message.items()},
                    "text": message.get_content().replace("\r\n", "\n"),
                    "defects": [str(defect) for defect in message.defects],
                }
            )
        )
        # Taken, which the client does not come to know.
        if local == "hang-once" and self.is_first(local):
            await asyncio.sleep(3600)
        return "250 2.0.0 Queued"


def authenticate(server, session, envelope, mechanism, data):
    is_right = data.login == b"orders" and data.password == "p@ss:w\u00f6rd/".encode()
    return AuthResult(success=is_right, handled=False)


async def main():
    options, immediate = {}, None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        if sys.argv[3:] == ["smtps"]:
            immediate = context
        else:
            options = {"tls_context": context, "require_starttls": True, "auth_required": True}
    handler = Handler()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, authenticator=authenticate, hostname="mail.test", **options), "127.0.0.1", 0, ssl=immediate
    )
    print(server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
