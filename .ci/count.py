"""Say how many tests a pytest report counts; fail where fewer ran than must, or any was skipped."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

least, report = int(sys.argv[1]), Path(sys.argv[2])
if not report.exists():
    sys.exit("no test ran")
suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314 - our own pytest wrote it
counted = {
    name: sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
}
ran = counted["tests"] - counted["skipped"]
print(f"{ran} tests, {counted['failures'] + counted['errors']} failed, {counted['skipped']} skipped")
sys.exit(ran < least or counted["skipped"] > 0)
