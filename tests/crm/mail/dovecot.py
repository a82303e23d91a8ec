"""A real IMAP server on a free port of this machine, with a mailbox in a temporary folder."""

import getpass
import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from tempfile import mkdtemp

DOVECOT = shutil.which("dovecot") or (Path("/usr/sbin/dovecot").exists() and "/usr/sbin/dovecot") or None
PASSWORD = "p@ss w/ord"  # of characters that an address has to escape
CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
{tls}
disable_plaintext_auth = no
listen = 127.0.0.1
default_login_user = {login}
default_internal_user = {login}
default_internal_group = {group}
first_valid_uid = 1
last_valid_uid = 0
mail_location = maildir:{folder}/mail
mail_uid = {mail}
mail_gid = {mail_group}
auth_mechanisms = plain login
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail} gid={mail_group} home={folder}
}}
"""


class Dovecot:
    """Serves a Maildir, in which tests put messages, until it is stopped; with `tls` encrypted too, under a
    certificate (`certificate`) that it has made itself."""

    def __init__(self, *, tls: bool = False) -> None:
        self.folder = Path(mkdtemp(prefix="kith-dovecot-"))
        self.folder.chmod(0o755)
        self.port, self.tls_port = _free_port(), _free_port() if tls else 0
        self.certificate = self.folder / "certificate.pem"
        self.maildir = mailbox.Maildir(self.folder / "mail")
        (self.folder / "users").write_text(f"log@kith.example:{{PLAIN}}{PASSWORD}::::::\n")
        root = os.geteuid() == 0
        # As root it gives up its rights for users that its package has made; else all runs as one user.
        login = "dovenull" if root else getpass.getuser()
        mail = "dovecot" if root else getpass.getuser()
        account = pwd.getpwnam(mail)
        text = CONFIGURATION.format(
            tls=self._make_certificate() if tls else "ssl = no",
            tls_port=self.tls_port,
            folder=self.folder,
            port=self.port,
            login=login,
            group=_group(login),
            mail=mail,
            mail_group=_group(mail),
        )
        (self.folder / "conf").write_text(text)
        if root:
            self._give(account)
        self.account = account
        self.process = subprocess.Popen(
            [str(DOVECOT), "-F", "-c", str(self.folder / "conf")],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "stderr").open("w"),
        )
        self._wait()

    @property
    def url(self) -> str:
        """The address of the mailbox, as MAIL_URL has it."""
        return f"imap://log%40kith.example:p%40ss%20w%2Ford@127.0.0.1:{self.port}/INBOX"

    @property
    def tls_url(self) -> str:
        """The address of the mailbox that is encrypted from the first byte on."""
        return self.url.replace("imap:", "imaps:").replace(f":{self.port}", f":{self.tls_port}")

    def _make_certificate(self) -> str:
        key = self.folder / "key.pem"
        made = ["-keyout", str(key), "-out", str(self.certificate), "-days", "2", "-subj", "/CN=kith"]
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        name = ["-addext", "subjectAltName=IP:127.0.0.1"]
        command = ["openssl", "req", "-x509", *curve, *made, *name]
        subprocess.run(command, check=True, capture_output=True)
        return f"ssl = yes\nssl_cert = <{self.certificate}\nssl_key = <{key}"

    def put(self, *messages: bytes | mailbox.MaildirMessage) -> None:
        """Deliver messages."""
        for one in messages:
            self.maildir.add(one)
        if os.geteuid() == 0:
            self._give(self.account)

    def stop(self) -> None:
        """End the server and remove the mailbox."""
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _give(self, account: pwd.struct_passwd) -> None:
        for path in [self.folder / "mail", *(self.folder / "mail").rglob("*"), self.folder]:
            os.chown(path, account.pw_uid, account.pw_gid)

    def _wait(self) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    if connection.recv(4) == b"* OK":
                        return
            except OSError:
                time.sleep(0.1)
        said = [(self.folder / name) for name in ("stderr", "log")]
        raise AssertionError("".join(path.read_text() for path in said if path.exists()))


def _group(user: str) -> str:
    import grp

    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
