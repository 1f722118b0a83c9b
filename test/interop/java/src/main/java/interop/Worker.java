package interop;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsAsyncClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.LeaseCleanupConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * One worker of the Kinesis Client Library against servers on loopback. Told by system properties; SIGTERM is its
 * graceful shutdown, with a checkpoint of every shard.
 */
public final class Worker {
    private static final int checkpointEvery = 40;

    private Worker() {}

    public static void main(String[] args) throws Exception {
        // The servers speak JSON.
        System.setProperty("aws.cborEnabled", "false");
        Journal journal = new Journal(Path.of(required("journal")));
        Scheduler scheduler = schedulerOf(journal);
        Thread worker = new Thread(scheduler, "scheduler");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(scheduler, worker)));
        worker.start();
        journal.append("started", "-");
        worker.join();
    }

    private static void stop(Scheduler scheduler, Thread worker) {
        try {
            scheduler.startGracefulShutdown().get(20, TimeUnit.SECONDS);
            worker.join(5_000);
        } catch (Exception failure) {
            failure.printStackTrace();
        }
    }

    private static Scheduler schedulerOf(Journal journal) throws Exception {
        String stream = required("stream");
        long failoverMs = Long.parseLong(required("failoverMs"));
        KinesisAsyncClient kinesis = local(KinesisAsyncClient.builder(), required("kinesis"));
        DynamoDbAsyncClient dynamo = local(DynamoDbAsyncClient.builder(), required("dynamodb"));
        CloudWatchAsyncClient cloudWatch = local(CloudWatchAsyncClient.builder(), required("kinesis"));
        var start = InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
        var configs = new ConfigsBuilder(
                new SingleStreamTracker(stream, start),
                required("application"),
                kinesis,
                dynamo,
                cloudWatch,
                required("worker"),
                () -> new Processor(journal, checkpointEvery));
        var polling = new PollingConfig(stream, kinesis).maxRecords(100).idleTimeBetweenReadsInMillis(400);
        polling.usePollingConfigIdleTimeValue(true);
        var coordinator = configs.coordinatorConfig().parentShardPollIntervalMillis(500);
        coordinator.schedulerInitializationBackoffTimeMillis(500);
        KclVersion3.configure(coordinator, System.getProperty("clientVersion", ""));
        var leases = configs.leaseManagementConfig()
                .failoverTimeMillis(failoverMs)
                .dynamoDbRequestTimeout(Duration.ofSeconds(2))
                .leasesRecoveryAuditorExecutionFrequencyMillis(5_000)
                .shardSyncIntervalMillis(5_000);
        cleanUpSoon(leases);
        return new Scheduler(
                configs.checkpointConfig(),
                coordinator,
                leases,
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
                configs.processorConfig(),
                configs.retrievalConfig().retrievalSpecificConfig(polling));
    }

    /** KCL removes the rows of ended shards after five minutes, and has no setting for less. */
    private static void cleanUpSoon(LeaseManagementConfig leases) throws ReflectiveOperationException {
        var field = LeaseManagementConfig.class.getDeclaredField("leaseCleanupConfig");
        field.setAccessible(true);
        field.set(leases, LeaseCleanupConfig.builder()
                .leaseCleanupIntervalMillis(2_000)
                .completedLeaseCleanupIntervalMillis(6_000)
                .garbageLeaseCleanupIntervalMillis(30_000)
                .build());
    }

    /** A client for a server on loopback that looks at no credentials. */
    private static <B extends AwsClientBuilder<B, C> & AwsAsyncClientBuilder<B, C>, C>
            C local(B builder, String endpoint) {
        return builder.endpointOverride(URI.create(endpoint))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1))
                .build();
    }

    private static String required(String name) {
        String value = System.getProperty(name);
        if (value == null) throw new IllegalArgumentException("-D" + name + " is missing");
        return value;
    }
}
