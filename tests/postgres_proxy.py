"""A TCP proxy before Postgres that cuts connections at a chosen message of the client's."""
import socket
import threading
import time


class PostgresProxy:
    """Passes everything on, but the first time that `text` comes from a client:

    before   the connection is cut and the message is never passed on
    after    the message is passed on; the answer is not: cut
    """

    def __init__(self, server_url, text, when):
        host_port = server_url.split("@")[1].split("/")[0]
        self.server = (host_port.split(":")[0], int(host_port.split(":")[1]))
        self.text, self.when, self.cuts = text, when, 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = server_url.replace(host_port, "127.0.0.1:%d" % self.listener.getsockname()[1])
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            pair = {"muted": False}
            threading.Thread(target=self.forward, args=(client, server, pair), daemon=True).start()
            threading.Thread(target=self.back, args=(server, client, pair), daemon=True).start()

    def forward(self, client, server, pair):
        try:
            while data := client.recv(65536):
                with self.lock:
                    cut = self.cuts == 0 and self.text in data
                    self.cuts += cut
                if cut:
                    pair["muted"] = True
                    if self.when == "after":
                        server.sendall(data)
                        time.sleep(0.7)  # the server commits meanwhile
                    break
                server.sendall(data)
        except OSError:
            pass
        self.close(client, server)

    def back(self, server, client, pair):
        try:
            while data := server.recv(65536):
                if not pair["muted"]:
                    client.sendall(data)
        except OSError:
            pass
        if not pair["muted"]:
            self.close(client, server)

    @staticmethod
    def close(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def stop(self):
        self.listener.close()
