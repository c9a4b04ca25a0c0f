//! Messages on a stream.
//!
//! A message travels as parts of at most 64 KiB, so that a vote waits for one part of a block and not for the
//! block. A part is four bytes, big-endian, and its data:
//!
//! | bits, high to low | |
//! | --- | --- |
//! | 1 | lane: 0 urgent, 1 bulk |
//! | 1 | 1 on the last part of a message |
//! | 30 | length of the data, 1 to 65,536 |
//!
//! Parts of one lane follow each other; parts of the two lanes may alternate. A stream carries one direction.

/// Bytes of a part's data.
pub const PART_BYTES_MAX: usize = 64 * 1024;
/// Bytes before a part's data.
pub const HEAD_BYTES: usize = 4;

const LANE_BIT: u32 = 1 << 31;
const LAST_BIT: u32 = 1 << 30;

/// How a message travels. Messages of one lane keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Small, and overtaking what is large.
    Urgent,
    /// Large.
    Bulk,
}

/// What stands before a part's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which lane.
    pub lane: Lane,
    /// Whether the message ends with this part.
    pub is_last: bool,
    /// Bytes of data that follow.
    pub length: usize,
}

/// A stream that is not one of parts, or of a message above the limit. The peer is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length of 0, or above [`PART_BYTES_MAX`].
    #[error("a part of {0} bytes")]
    Length(usize),
    /// A message above the limit.
    #[error("a message of more than {0} bytes")]
    TooLong(usize),
}

impl Head {
    /// The four bytes.
    pub fn encode(self) -> [u8; HEAD_BYTES] {
        let lane = match self.lane {
            Lane::Urgent => 0,
            Lane::Bulk => LANE_BIT,
        };
        let last = if self.is_last { LAST_BIT } else { 0 };
        (lane | last | self.length as u32).to_be_bytes()
    }

    /// Reads the four bytes.
    pub fn decode(bytes: [u8; HEAD_BYTES]) -> Result<Head, FrameError> {
        let word = u32::from_be_bytes(bytes);
        let length = (word & !(LANE_BIT | LAST_BIT)) as usize;
        if length == 0 || length > PART_BYTES_MAX {
            return Err(FrameError::Length(length));
        }
        let lane = if word & LANE_BIT == 0 {
            Lane::Urgent
        } else {
            Lane::Bulk
        };
        let is_last = word & LAST_BIT != 0;
        Ok(Head {
            lane,
            is_last,
            length,
        })
    }
}

/// Puts a message's parts together, lane by lane. Memory grows with what has come, not with what is announced.
#[derive(Debug)]
pub struct Assembler {
    message_bytes_max: usize,
    urgent: Vec<u8>,
    bulk: Vec<u8>,
}

impl Assembler {
    /// For messages of at most so many bytes.
    pub fn new(message_bytes_max: usize) -> Assembler {
        Assembler {
            message_bytes_max,
            urgent: Vec::new(),
            bulk: Vec::new(),
        }
    }

    /// Where the part's data goes: the caller fills the last `head.length` bytes of it.
    pub fn room(&mut self, head: Head) -> Result<&mut [u8], FrameError> {
        let limit = self.message_bytes_max;
        let message = self.lane(head.lane);
        let start = message.len();
        if start + head.length > limit {
            return Err(FrameError::TooLong(limit));
        }
        message.resize(start + head.length, 0);
        Ok(&mut message[start..])
    }

    /// The whole message, after its last part was filled in.
    pub fn take(&mut self, head: Head) -> Option<Vec<u8>> {
        head.is_last.then(|| std::mem::take(self.lane(head.lane)))
    }

    fn lane(&mut self, lane: Lane) -> &mut Vec<u8> {
        match lane {
            Lane::Urgent => &mut self.urgent,
            Lane::Bulk => &mut self.bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(lane: Lane, is_last: bool, length: usize) -> Head {
        Head {
            lane,
            is_last,
            length,
        }
    }

    #[test]
    fn heads_have_the_bytes_of_the_table_and_read_back() {
        let cases = [
            (part(Lane::Urgent, true, 1), [0x40, 0, 0, 1]),
            (part(Lane::Bulk, false, 65_536), [0x80, 1, 0, 0]),
            (part(Lane::Bulk, true, 258), [0xc0, 0, 1, 2]),
        ];
        for (head, bytes) in cases {
            assert_eq!(head.encode(), bytes);
            assert_eq!(Head::decode(bytes), Ok(head));
        }
        for (bytes, length) in [([0x40, 0, 0, 0], 0), ([0, 1, 0, 1], 65_537)] {
            assert_eq!(Head::decode(bytes), Err(FrameError::Length(length)));
        }
    }

    #[test]
    fn lanes_alternate_and_each_message_has_its_limit() {
        let mut assembler = Assembler::new(5);
        let mut feed = |head: Head, data: &[u8]| {
            assembler.room(head)?.copy_from_slice(data);
            Ok(assembler.take(head))
        };
        assert_eq!(feed(part(Lane::Bulk, false, 3), b"blo"), Ok(None));
        let vote = feed(part(Lane::Urgent, true, 4), b"vote");
        assert_eq!(vote, Ok(Some(b"vote".to_vec())));
        let block = feed(part(Lane::Bulk, true, 2), b"ck");
        assert_eq!(block, Ok(Some(b"block".to_vec())));
        assert_eq!(feed(part(Lane::Bulk, false, 5), b"block"), Ok(None));
        let more = feed(part(Lane::Bulk, true, 1), b"s");
        assert_eq!(more, Err(FrameError::TooLong(5)));
    }
}
