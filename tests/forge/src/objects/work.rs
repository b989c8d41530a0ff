//! The worker queues of the system's partition.

use serde_json::{Value, json};

use crate::layout::{off, size};
use crate::objects::thread::Thread;
use crate::truth::hex;
use crate::world::World;

const QUEUE: &str = "_EX_WORK_QUEUE";
const PRI: &str = "_KPRIQUEUE";

impl World {
    /// The partition with its two queues: for everybody's work, and for the I/O manager's. Workers join when they wait.
    pub fn work_queues(&mut self) {
        let partition = self.alloc_pool(false, size("_EPARTITION"), b"Part");
        let executive = self.alloc_pool(false, size("_EX_PARTITION"), b"ExPa");
        let memory = self.nt("MiSystemPartition");
        let system = self.processes[0].object;
        for (name, value) in [("MmPartition", memory), ("ExPartition", executive), ("SystemProcess", system)]
        {
            self.put("_EPARTITION", partition, name, value);
        }
        self.list_init(partition + off("_EPARTITION", "ActivePartitionLinks"));
        self.put("_MI_PARTITION_CORE", memory, "PartitionObject", partition);
        let variable = self.nt("PspSystemPartition");
        self.q(variable, partition);
        // By node, then by index.
        let nodes = self.alloc_pool(false, 8, b"ExWq");
        let queues = self.alloc_pool(false, 8 * 8, b"ExWq");
        self.q(nodes, queues);
        self.put("_EX_PARTITION", executive, "PartitionObject", partition);
        self.put("_EX_PARTITION", executive, "WorkQueues", nodes);
        self.put("_EX_PARTITION", executive, "QueueAllocationMask", 3);
        for index in 0..2u64 {
            let queue = self.alloc_pool(false, size(QUEUE), b"ExWq");
            self.q(queues + index * 8, queue);
            self.put("_DISPATCHER_HEADER", queue, "Type", 21);
            self.list_init(queue + off("_DISPATCHER_HEADER", "WaitListHead"));
            for priority in 0..32 {
                self.list_init(queue + off(PRI, "EntryListHead") + priority * 16);
            }
            self.list_init(queue + off(PRI, "ThreadListHead"));
            self.put(PRI, queue, "MaximumCount", self.processors.len() as u64);
            for (name, value) in
                [("Partition", executive), ("QueueIndex", index), ("MinThreads", 2), ("MaxThreads", 0x1000)]
            {
                self.put(QUEUE, queue, name, value);
            }
            self.objects.push((format!("work queue {index}"), queue));
        }
    }

    /// The queues, each with the workers that wait for work when the machine has stopped.
    pub fn describe_work_queues(&self) -> Vec<Value> {
        let queues = self.objects.iter().filter(|o| o.0.starts_with("work queue "));
        queues
            .map(|(_, queue)| {
                let waits = |t: &&Thread| {
                    t.state == "waiting" && self.member("_KTHREAD", t.object, "Queue") == *queue
                };
                let workers: Vec<Value> =
                    self.threads.iter().filter(waits).map(|t| hex(t.object)).collect();
                json!({"address": hex(*queue), "index": self.member(QUEUE, *queue, "QueueIndex"), "workers": workers})
            })
            .collect()
    }

    /// A driver's work item, which the I/O manager's routine unpacks; returns its address.
    pub fn io_work_item(&mut self, routine: u64, object: u64, context: u64) -> u64 {
        let w = "_IO_WORKITEM";
        let item = self.alloc_pool(false, size(w), b"IoWo");
        for (name, value) in [("Routine", routine), ("IoObject", object), ("Context", context)] {
            self.put(w, item, name, value);
        }
        item
    }

    /// Queues work at a priority; nobody has taken it.
    pub fn work_item(&mut self, index: u64, priority: u64, item: u64, routine: u64, parameter: u64) {
        let name = format!("work queue {index}");
        let queue = self.objects.iter().find(|o| o.0 == name).expect("work queue").1;
        self.put("_WORK_QUEUE_ITEM", item, "WorkerRoutine", routine);
        self.put("_WORK_QUEUE_ITEM", item, "Parameter", parameter);
        self.list_insert(queue + off(PRI, "EntryListHead") + priority * 16, item);
        let state = self.member("_DISPATCHER_HEADER", queue, "SignalState") + 1;
        self.put("_DISPATCHER_HEADER", queue, "SignalState", state);
        self.note("work_items", json!({
            "address": hex(item), "queue": hex(queue), "index": index, "priority": priority, "routine": hex(routine),
            "parameter": hex(parameter),
        }));
    }
}
