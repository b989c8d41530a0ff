"""Counts the events of logs by provider and number with python-evtx, another implementation: the record that
tests/commands/history.rs holds ours to. Made with python-evtx (pip install python-evtx):

    python3 counts.py system-1607.evtx system-1709-virtio.evtx > counts.tsv

Both logs were copied while Windows had them open, so their headers count fewer chunks than there are: all are read.
"""
import sys, collections
import xml.etree.ElementTree as ET
import Evtx.Evtx as evtx
NS = '{http://schemas.microsoft.com/win/2004/08/events/event}'
print('log\tprovider\tid\tcount')
for path in sys.argv[1:]:
    counts = collections.Counter()
    with evtx.Evtx(path) as log:
        for chunk in log.get_file_header().chunks(include_inactive=True):
            for record in chunk.records():
                system = ET.fromstring(record.xml()).find(NS + 'System')
                counts[system.find(NS + 'Provider').get('Name'), int(system.find(NS + 'EventID').text)] += 1
    name = path.split('/')[-1]
    for (provider, number), count in sorted(counts.items()):
        print(f'{name}\t{provider}\t{number}\t{count}')
