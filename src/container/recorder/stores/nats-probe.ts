import { connect } from 'nats';
import { type ConnectStore, connectTimeoutMs } from './store-probe.ts';

/**
 * JetStream's streams and consumers, under the names of prometheus-nats-exporter. Asked through the client port: a
 * server started without a monitoring port tells the same there, but for its number of connections.
 */
export const connectNats: ConnectStore = async (host, port) => {
  const nats = await connect({
    servers: `${host}:${port}`,
    name: 'nats-exporter',
    timeout: connectTimeoutMs,
    reconnect: false,
  });
  const manager = await nats.jetstreamManager({ timeout: 5000 });
  return {
    async scrape(emit) {
      if (nats.isClosed()) throw new Error('the connection is lost');
      let messages = 0;
      for await (const stream of manager.streams.list()) {
        const { name } = stream.config;
        messages += stream.state.last_seq;
        for await (const consumer of manager.consumers.list(name)) {
          const { filter_subject, filter_subjects } = consumer.config;
          const labels = {
            stream_name: name,
            consumer_name: consumer.name,
            subject: filter_subject ?? filter_subjects?.join(',') ?? stream.config.subjects.join(','),
          };
          emit('nats_consumer_num_pending', labels, consumer.num_pending);
          emit('nats_consumer_num_ack_pending', labels, consumer.num_ack_pending);
          emit('nats_consumer_num_redelivered', labels, consumer.num_redelivered);
          emit('nats_consumer_ack_floor_total', labels, consumer.ack_floor.consumer_seq);
        }
      }
      emit('nats_varz_in_msgs', {}, messages);
    },
    close: () => nats.close(),
  };
};
