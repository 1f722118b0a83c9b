package interop;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * Writes down each record of one shard, then, every so many records, checkpoints the one that it is at: that may lie in
 * the middle of an aggregate. What a kill leaves uncheckpointed, somebody does again.
 */
final class Processor implements ShardRecordProcessor {
    private final Journal journal;
    private final int checkpointEvery;
    private String shard = "";
    private int sinceCheckpoint;

    Processor(Journal journal, int checkpointEvery) {
        this.journal = journal;
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public void initialize(InitializationInput input) {
        shard = input.shardId();
        var from = input.extendedSequenceNumber();
        journal.append("begin", shard, from.sequenceNumber(), from.subSequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
        List<String> lines = new ArrayList<>();
        KinesisClientRecord due = null;
        for (KinesisClientRecord record : input.records()) {
            lines.add(Journal.line("record", shard, record.sequenceNumber(), record.subSequenceNumber(), dataOf(record)));
            if (++sinceCheckpoint < checkpointEvery) continue;
            sinceCheckpoint = 0;
            due = record;
        }
        if (lines.isEmpty()) return;
        journal.append(lines);
        if (due != null) checkpoint(input.checkpointer(), due);
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
        journal.append("lost", shard);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
        checkpoint(input.checkpointer(), null);
        journal.append("ended", shard);
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        checkpoint(input.checkpointer(), null);
        journal.append("stopped", shard);
    }

    /** At this record; at the last one that was handed out, when there is none. */
    private void checkpoint(RecordProcessorCheckpointer checkpointer, KinesisClientRecord at) {
        try {
            if (at == null) checkpointer.checkpoint();
            else checkpointer.checkpoint(at.sequenceNumber(), at.subSequenceNumber());
            journal.append("checkpoint", shard);
        } catch (ShutdownException | InvalidStateException refused) {
            journal.append("refused", shard, refused.getClass().getSimpleName());
        }
    }

    private static String dataOf(KinesisClientRecord record) {
        ByteBuffer data = record.data().duplicate();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
