"""A mail server that refuses whom it is told to, as one before the mailboxes of others does."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy


class MailServer:
    """`refuses`: what is answered to an address instead of 250. `delivered`: (address, message)."""

    def __init__(self):
        self.refuses = {}
        self.delivered = []
        # Called before a message is accepted.
        self.on_message = lambda: None
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                self.say("220 ready")
                to = ""
                while line := self.rfile.readline().decode().strip():
                    verb = line.upper()
                    if verb.startswith("RCPT"):
                        to = line.partition("<")[2].partition(">")[0]
                        self.say(outer.refuses.get(to, "250 ok"))
                    elif verb == "DATA":
                        self.say("354 go on")
                        self.take(to)
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def take(self, to):
                lines = []
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                outer.on_message()
                message = message_from_bytes(b"".join(lines), policy=policy.default)
                outer.delivered.append((to, message))
                self.say("250 taken")

            def say(self, text):
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
