"""Serves the words on standard input, {unit: {register: word}}, with pymodbus: tcp PORT, rtu-over-tcp PORT, or rtu.

Prints where it can be reached once it can. Registers beyond 600 are illegal addresses, and units that are not there do
not answer. For rtu it makes a line of two pseudo terminals, and serves at one end.
"""
import asyncio
import json
import os
import pty
import sys
import threading
import tty

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer


def contexts(units):
    slaves = {}
    for unit, words in units.items():
        block = [0] * 601
        for register, word in words.items():
            block[int(register)] = word
        slaves[int(unit)] = ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, block), zero_mode=True)
    return ModbusServerContext(slaves=slaves, single=False)


def relay(source, target):
    while True:
        os.write(target, os.read(source, 1024))


def line():
    ends = [pty.openpty(), pty.openpty()]
    for _, end in ends:
        tty.setraw(end)
    masters = [master for master, _ in ends]
    threading.Thread(target=relay, args=masters, daemon=True).start()
    threading.Thread(target=relay, args=reversed(masters), daemon=True).start()
    return [os.ttyname(end) for _, end in ends]


async def main(kind, port):
    context = contexts(json.load(sys.stdin))
    if kind == "rtu":
        near, far = line()
        server = ModbusSerialServer(
            context, framer=ModbusRtuFramer, port=near, baudrate=9600, ignore_missing_slaves=True
        )
        await server.start()
        print(far, flush=True)
        await server.serve_forever()
    else:
        server = ModbusTcpServer(
            context,
            framer=ModbusRtuFramer if kind == "rtu-over-tcp" else ModbusSocketFramer,
            address=("127.0.0.1", port),
            ignore_missing_slaves=True,
        )
        task = asyncio.create_task(server.serve_forever())
        await server.serving
        print(port, flush=True)
        await task


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
