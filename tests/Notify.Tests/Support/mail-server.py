"""A mail server: aiosmtpd, which writes each mail to a folder. Arguments: folder, port, starttls|tls|none, certificate, key, user, password."""
import json
import os
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

folder, port, security, certificate, key, user, password = sys.argv[1:]


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 no such user here, and the password was " + password
        if address.startswith("later@"):
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        path = os.path.join(folder, "%04d" % Handler.count)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({
                "from": envelope.mail_from, "to": envelope.rcpt_tos, "content": envelope.content.decode("utf-8"),
                "tls": session.ssl is not None or security == "tls", "authenticated": bool(session.authenticated),
            }, file)
        os.rename(path + ".new", path)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login.decode() == user and data.password.decode() == password
    return AuthResult(success=good, handled=good)


context = None
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)


class MailServer(Controller):
    def factory(self):
        return SMTP(
            self.handler, hostname="localhost", enable_SMTPUTF8=True, authenticator=authenticate if user else None, auth_required=bool(user),
            auth_require_tls=security == "starttls", tls_context=context if security == "starttls" else None, require_starttls=security == "starttls")


server = MailServer(Handler(), hostname="127.0.0.1", port=int(port), ssl_context=context if security == "tls" else None)
server.start()
print("ready", flush=True)
while True:
    time.sleep(3600)
