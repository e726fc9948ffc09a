"""The sites of a table: for each its port and its routes, (index, method, path)."""


def read(path):
    sites = []
    with open(path, encoding="utf-8") as table:
        for line in table:
            kind, *fields = line.rstrip("\n").split("\t")
            if kind == "site":
                sites.append((int(fields[0]), []))
            else:
                sites[-1][1].append(tuple(fields))
    return sites


METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
