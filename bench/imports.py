"""`python -m bench.imports`: imports a file in which each row is a contact with its company, both new.

So a row is two records, an association and its label "Primary", each with its history; by the job that the
pages start. The databases are the bench's own and empty at the beginning.
"""

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from psycopg import sql

from .run import ROOT, _maintenance, _name, address, databases, environment, remove

SAID = {
    "records": {
        "contacts": {
            "properties": {
                "email": "Email",
                "firstname": "First name",
                "lastname": "Last name",
                "jobtitle": "Job title",
                "city": "City",
            }
        },
        "companies": {
            "match": "domain",
            "properties": {"domain": "Domain", "name": "Company", "numberofemployees": "Employees"},
        },
    },
    "associations": [{"record": "contacts", "with": "companies"}],
}
WORDS = ("north", "south", "silver", "green", "river", "stone", "maple", "iron", "cedar", "delta")
TITLES = ("Engineer", "Buyer", "Head of sales", "Owner", "Accountant", "")


def write_file(path: Path, rows: int) -> None:
    """Write a file of so many rows, drawn with a fixed seed."""
    chance = random.Random(6)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["Email", "First name", "Last name", "Job title", "City", "Domain", "Company", "Employees"]
        )
        for number in range(rows):
            one, two = chance.choice(WORDS), chance.choice(WORDS)
            writer.writerow(
                [
                    f"{one}.{two}{number}@{two}{number}.example",
                    one.title(),
                    f"{two.title()}son",
                    chance.choice(TITLES),
                    chance.choice(("Łódź", "London", "Köln", "Lyon")),
                    f"{two}{number}.example",
                    f"{one.title()} {two.title()} {number}",
                    chance.randrange(1, 5_000),
                ]
            )


def measure(path: Path, rows: int) -> None:
    """Import the file into the database of this process, and print what that took as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.files import File
    from django.core.management import call_command

    from associations.models import Association
    from crm.imports.jobs import start_import
    from records.jobs import run_job
    from records.models import Record
    from records.provenance import By, Origin

    call_command("migrate", verbosity=0)
    settings.JOBS_IMMEDIATE = False
    with path.open("rb") as file:
        job = start_import(SAID, {"": File(file, name=path.name)}, by=By(None, Origin.IMPORT))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    longest, last = 0.0, time.perf_counter()
    began, used = last, time.process_time()

    def tell(_job: object) -> None:
        nonlocal longest, last
        now = time.perf_counter()
        longest, last = max(longest, now - last), now

    job = run_job(job, tell=tell)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    assert job.state == "done", job.message
    assert (Record.objects.count(), Association.objects.count()) == (2 * rows, rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job.source.delete(save=False)
    found = {
        "seconds": seconds,
        "cpu": cpu,
        "longest": longest,
        "before": before // 1024,
        "peak": peak // 1024,
    }
    print(json.dumps(found))


def main() -> None:
    """Import into each database, in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.rows)
        return
    path = ROOT / "var" / f"bench-import-{options.rows}.csv"
    write_file(path, options.rows)
    server = os.environ.get("DATABASE_URL", "")
    print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
    print(
        f"{'':12}{'seconds':>9}{'rows/s':>9}{'own CPU':>10}{'longest step':>14}"
        f"{'memory before':>15}{'peak':>9}"
    )
    for database in databases(options.database, server):
        url = address(database, "import", server)
        remove(url)
        if database == "postgresql":
            with _maintenance(url) as maintenance:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_name(url)))
                maintenance.execute(create)
        command = [sys.executable, "-m", "bench.imports", "--rows", str(options.rows), "--measure", str(path)]
        done = subprocess.run(command, env=environment(url), cwd=ROOT, stdout=subprocess.PIPE, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{database:12}{found['seconds']:9.0f}{options.rows / found['seconds']:9.0f}"
            f"{found['cpu']:8.0f} s{found['longest']:12.1f} s{found['before']:12} MB{found['peak']:6} MB",
            flush=True,
        )
        remove(url)
    path.unlink()


if __name__ == "__main__":
    main()
