"""A real SMTP server (aiosmtpd) for the tests of alerts: prints its port, keeps each mail as a line of JSON.

usage: smtp.py FOLDER plain|starttls|tls [USER PASSWORD]

FOLDER/server.pem and server.key are its certificate. FOLDER/answer, when it is there, is what RCPT TO is answered with.
"""
import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, privacy = pathlib.Path(sys.argv[1]), sys.argv[2]
login = sys.argv[3:5]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = folder / "answer"
        if answer.exists():
            return answer.read_text().strip()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": envelope.content.decode("utf-8", "replace"),
            "tls": session.ssl is not None or privacy == "tls",
            "login": session.auth_data.login.decode() if session.auth_data else None,
        }
        with open(folder / "mails.jsonl", "a") as file:
            file.write(json.dumps(mail) + "\n")
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and [data.login.decode(), data.password.decode()] == login
    return AuthResult(success=right, handled=False, auth_data=data)


async def main():
    context = None
    if privacy != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
    more = {"authenticator": authenticate, "auth_required": True} if login else {}
    if privacy == "starttls":
        more |= {"tls_context": context, "require_starttls": True}
    elif login:
        more |= {"auth_require_tls": False}
    wrap = context if privacy == "tls" else None
    serve = lambda: SMTP(Handler(), hostname="localhost", **more)
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=wrap)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
