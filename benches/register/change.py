#!/usr/bin/env python3
"""change.py IN OUT HEADING COUNT STEP: opens a workbook in LibreOffice (headless), changes COUNT cells of the column
under HEADING, every STEP rows, and saves it as .xlsx: what a person with LibreOffice sends back.

Needs soffice and the Python that its distribution binds to it (Debian: python3-uno)."""

import pathlib
import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

source, target, heading, count, step = sys.argv[1:]
pipe = f"sekisho-{uno.__name__}-{pathlib.Path(target).stem}"


def option(name, value):
    one = PropertyValue()
    one.Name, one.Value = name, value
    return one


def connected():
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
    for _ in range(600):
        try:
            return resolver.resolve(address)
        except NoConnectException:
            time.sleep(0.1)
    raise SystemExit("LibreOffice did not start")


with tempfile.TemporaryDirectory() as profile:
    office = subprocess.Popen(
        ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{profile}", f"--accept=pipe,name={pipe};urp;"]
    )
    context = connected()
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    url = pathlib.Path(source).resolve().as_uri()
    book = desktop.loadComponentFromURL(url, "_blank", 0, (option("Hidden", True),))
    sheet = book.Sheets.getByIndex(0)
    column = next(at for at in range(200) if sheet.getCellByPosition(at, 0).String == heading)
    for n in range(int(count)):
        sheet.getCellByPosition(column, 1 + n * int(step)).String = f"移した先{n}"
    book.storeToURL(pathlib.Path(target).resolve().as_uri(), (option("FilterName", "Calc MS Excel 2007 XML"),))
    book.close(True)
    try:
        desktop.terminate()
    except Exception:  # the connection ends with the office
        pass
    office.wait(60)
