//! Real nodes' networks over TCP on loopback: who gets in, what arrives, who is cut off.

use futures_util::{AsyncWriteExt, StreamExt};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use senim_network::{Allowed, Incoming, Lane, ListenError, Outgoing, P2pConfig, P2pNetwork, Stats};
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Hash, PublicKey};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// Longer than anything here takes on a busy machine: whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it is watched that something does not happen.
const WATCH: Duration = Duration::from_millis(1_500);

fn chain(name: &str) -> ChainId {
    ChainId(Hash::of(name.as_bytes()))
}

fn key(number: u8) -> PublicKey {
    SecretKey::from_seed(&[number; 32]).public()
}

fn loopback() -> Vec<Multiaddr> {
    vec!["/ip4/127.0.0.1/tcp/0".parse().expect("an address")]
}

struct Node {
    key: PublicKey,
    network: P2pNetwork,
    incoming: Receiver<Incoming>,
}

impl Node {
    async fn start(number: u8, change: impl FnOnce(&mut P2pConfig)) -> Node {
        let mut config = P2pConfig::new(chain("test"), [number; 32], loopback());
        change(&mut config);
        let (network, incoming) = P2pNetwork::start(config).await.expect("a free port");
        Node {
            key: key(number),
            network,
            incoming,
        }
    }

    fn address(&self) -> Multiaddr {
        self.network.listening()[0].clone()
    }

    fn as_member(&self) -> Allowed {
        Allowed {
            key: self.key,
            address: self.address().to_string(),
        }
    }

    fn stats(&self) -> Arc<Stats> {
        self.network.stats()
    }

    fn connected(&self) -> usize {
        self.stats().connected.load(Ordering::Relaxed)
    }

    async fn next(&mut self) -> Incoming {
        let next = tokio::time::timeout(PATIENCE, self.incoming.recv()).await;
        next.expect("something arrives").expect("the network runs")
    }

    async fn next_message(&mut self) -> (PublicKey, Arc<[u8]>) {
        loop {
            if let Incoming::Message { from, bytes, .. } = self.next().await {
                return (from, bytes);
            }
        }
    }

    async fn hears_nothing(&mut self) {
        let next = tokio::time::timeout(WATCH, self.incoming.recv()).await;
        assert!(next.is_err(), "{next:?}");
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let held = tokio::time::timeout(PATIENCE, waiting).await;
    held.unwrap_or_else(|_| panic!("{what} does not come true"));
}

fn introduce(nodes: &mut [&mut Node]) {
    let members: Vec<Allowed> = nodes.iter().map(|node| node.as_member()).collect();
    for node in nodes {
        node.network.allow(members.clone());
    }
}

async fn pair(a: u8, b: u8) -> (Node, Node) {
    let (mut a, mut b) = (Node::start(a, |_| {}).await, Node::start(b, |_| {}).await);
    introduce(&mut [&mut a, &mut b]);
    let is_met = |incoming: &Incoming, other| matches!(incoming, Incoming::Connected { peer } if *peer == other);
    assert!(is_met(&a.next().await, b.key) && is_met(&b.next().await, a.key));
    (a, b)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_meet_and_large_and_small_messages_arrive_whole_and_in_order() {
    let (mut a, mut b) = pair(1, 2).await;
    let block: Arc<[u8]> = (0..5_000_000u32).map(|n| n as u8).collect();
    a.network.send(&b.key, Lane::Bulk, Arc::clone(&block));
    for vote in 0..100u8 {
        a.network.broadcast(Lane::Urgent, [vote; 200].into());
    }
    let (mut votes, mut blocks) = (Vec::new(), 0);
    while votes.len() < 100 || blocks == 0 {
        let (from, bytes) = b.next_message().await;
        assert_eq!(from, a.key);
        if bytes.len() == 200 {
            votes.push(bytes[0]);
        } else {
            assert!(bytes == block);
            blocks += 1;
        }
    }
    assert!(votes.iter().copied().eq(0..100), "a lane keeps its order");
    b.network
        .send(&a.key, Lane::Urgent, b"back".as_slice().into());
    assert_eq!(&*a.next_message().await.1, b"back");
    assert_eq!(a.stats().lost.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_refused_when_it_connects() {
    let (mut a, _b) = pair(1, 2).await;
    let mut stranger = Node::start(9, |_| {}).await;
    stranger.network.allow(vec![a.as_member()]);
    let stats = a.stats();
    until("the refusal", || stats.refused.load(Ordering::Relaxed) > 0).await;
    stranger
        .network
        .broadcast(Lane::Urgent, b"let me in".as_slice().into());
    a.hears_nothing().await;
    assert_eq!(a.connected(), 1, "only the member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_without_a_restart() {
    let (mut a, mut b) = pair(1, 2).await;
    let mut c = Node::start(3, |_| {}).await;
    introduce(&mut [&mut a, &mut b, &mut c]);
    until("everybody connected", || {
        a.connected() + b.connected() + c.connected() == 6
    })
    .await;
    introduce(&mut [&mut a, &mut b]);
    until("the third is cut off", || {
        a.connected() == 1 && b.connected() == 1
    })
    .await;
    until("it notices", || c.connected() == 0).await;
    introduce(&mut [&mut a, &mut b, &mut c]);
    until("everybody is back", || {
        a.connected() + b.connected() + c.connected() == 6
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_list_is_old_comes_back_through_a_bootstrap_address() {
    // All keys that the returning node knows have been replaced meanwhile.
    let mut now = Node::start(1, |_| {}).await;
    let address = now.address();
    let mut back = Node::start(2, |config| config.bootstrap = vec![address]).await;
    let gone = Allowed {
        key: key(77),
        address: "/ip4/127.0.0.1/tcp/1".into(),
    };
    back.network.allow(vec![gone]);
    now.network.allow(vec![back.as_member()]);
    until("it is connected", || back.connected() == 1).await;
    now.network
        .broadcast(Lane::Bulk, b"blocks".as_slice().into());
    assert_eq!(&*back.next_message().await.1, b"blocks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_two_chains_do_not_understand_each_other() {
    let mut a = Node::start(1, |_| {}).await;
    let mut b = Node::start(2, |config| config.chain = chain("another")).await;
    introduce(&mut [&mut a, &mut b]);
    until("the connection", || {
        a.connected() == 1 && b.connected() == 1
    })
    .await;
    let _met = (a.next().await, b.next().await);
    b.network.broadcast(Lane::Urgent, b"vote".as_slice().into());
    a.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_said_at_once() {
    let a = Node::start(1, |_| {}).await;
    let config = P2pConfig::new(chain("test"), [2; 32], vec![a.address()]);
    let refused = P2pNetwork::start(config).await.map(|_| ());
    assert!(
        matches!(refused, Err(ListenError::Address { .. })),
        "{refused:?}"
    );
}

/// A program with a member's key that writes bytes of its own making.
struct Raw {
    swarm: Swarm<libp2p_stream::Behaviour>,
    control: libp2p_stream::Control,
}

impl Raw {
    async fn connect(number: u8, to: &Node) -> Raw {
        let keypair = libp2p::identity::Keypair::ed25519_from_bytes([number; 32]);
        let mut swarm = SwarmBuilder::with_existing_identity(keypair.expect("a seed"))
            .with_tokio()
            .with_tcp(
                tcp::Config::default(),
                noise::Config::new,
                yamux::Config::default,
            )
            .expect("a transport")
            .with_behaviour(|_| libp2p_stream::Behaviour::new())
            .expect("a behaviour")
            .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
            .build();
        swarm.dial(to.address()).expect("an address");
        let established = async {
            loop {
                if let SwarmEvent::ConnectionEstablished { .. } = swarm.select_next_some().await {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, established)
            .await
            .expect("a connection");
        let control = swarm.behaviour().new_control();
        Raw { swarm, control }
    }

    /// Writes bytes to the node; gives back whether the connection was ended for it.
    async fn write_and_wait_for_the_end(mut self, to: &Node, bytes: Vec<u8>) -> bool {
        let peer = senim_network::address::peer_id(&to.key).expect("a key");
        let protocol = format!("/senim/{}/1", chain("test"));
        let protocol = StreamProtocol::try_from_owned(protocol).expect("a name");
        let mut control = self.control.clone();
        let writer = tokio::spawn(async move {
            let mut stream = control.open_stream(peer, protocol).await.expect("a stream");
            // The other side may end it while this writes.
            let _ended = stream.write_all(&bytes).await;
            let _ended = stream.flush().await;
            std::future::pending::<()>().await;
        });
        let ended = async {
            loop {
                if let SwarmEvent::ConnectionClosed { .. } = self.swarm.select_next_some().await {
                    return;
                }
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await.is_ok();
        writer.abort();
        ended
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_the_rules_is_cut_off_and_kept_out() {
    let oversized_part = vec![0x40, 1, 0, 1];
    let empty_part = vec![0x40, 0, 0, 0];
    // Parts of a message that never ends.
    let mut endless = Vec::new();
    for _ in 0..150 {
        endless.extend_from_slice(&[0x80, 1, 0, 0]);
        endless.extend_from_slice(&[7; 65_536]);
    }
    for (what, bytes) in [
        ("a part above 64 KiB", oversized_part),
        ("an empty part", empty_part),
        ("a message above the limit", endless),
    ] {
        let mut node = Node::start(1, |_| {}).await;
        let member = Allowed {
            key: key(5),
            address: String::new(),
        };
        node.network.allow(vec![member]);
        let raw = Raw::connect(5, &node).await;
        assert!(raw.write_and_wait_for_the_end(&node, bytes).await, "{what}");
        let stats = node.stats();
        until(what, || stats.cut_off.load(Ordering::Relaxed) == 1).await;
        // It is on the list, and kept out all the same.
        let refused = stats.refused.load(Ordering::Relaxed);
        let mut again = Node::start(5, |_| {}).await;
        again.network.allow(vec![node.as_member()]);
        until(what, || stats.refused.load(Ordering::Relaxed) > refused).await;
        assert_eq!(node.connected(), 0, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_waits_at_its_sender_while_the_node_is_busy() {
    let small = |config: &mut P2pConfig| {
        config.read.waiting_messages_max = 8;
        config.queue.bulk.messages_max = 16;
    };
    let mut node = Node::start(1, small).await;
    let mut flooder = Node::start(2, small).await;
    introduce(&mut [&mut node, &mut flooder]);
    let _met = (node.next().await, flooder.next().await);
    for number in 0..20_000u32 {
        let mut message = vec![0; 10_000];
        message[..4].copy_from_slice(&number.to_be_bytes());
        flooder.network.send(&node.key, Lane::Bulk, message.into());
        if number % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let stats = flooder.stats();
    assert!(
        stats.lost.load(Ordering::Relaxed) > 0,
        "what does not fit is counted"
    );
    // The node takes nothing: no more than its share waits here, the rest with the sender.
    tokio::time::sleep(WATCH).await;
    assert!(node.incoming.len() <= 8, "{} wait", node.incoming.len());
    // And when it takes again, all that was not lost arrives.
    let sent = stats.sent.load(Ordering::Relaxed) - stats.lost.load(Ordering::Relaxed);
    for _ in 0..sent {
        let _taken = node.next_message().await;
    }
    node.hears_nothing().await;
}
