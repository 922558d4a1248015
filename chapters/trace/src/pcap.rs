//! Packets in the format that Wireshark and tcpdump open.

use std::io::{Read, Write};
use std::time::Duration;

use anyhow::{Context, Result};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapReader, PcapWriter};
use pcap_file::{DataLink, TsResolution};

use crate::record::Frame;

/// Writes the packets, with nanoseconds.
pub fn write(to: impl Write, frames: &[Frame]) -> Result<()> {
    let header = PcapHeader {
        ts_resolution: TsResolution::NanoSecond,
        datalink: DataLink::ETHERNET,
        // The loopback interface has packets of up to 64 KiB and a header.
        snaplen: 1 << 17,
        ..PcapHeader::default()
    };
    let mut writer =
        PcapWriter::with_header(to, header).context("write packets")?;
    for frame in frames {
        let packet = PcapPacket::new_owned(
            Duration::from_nanos(frame.at),
            u32::try_from(frame.length)?,
            frame.bytes.clone(),
        );
        writer.write_packet(&packet).context("write a packet")?;
    }
    Ok(())
}

/// Reads what [`write`] has written.
pub fn read(from: impl Read) -> Result<Vec<Frame>> {
    let mut reader = PcapReader::new(from).context("read packets")?;
    let mut frames = Vec::new();
    while let Some(packet) = reader.next_packet() {
        let packet = packet.context("read a packet")?;
        frames.push(Frame {
            at: u64::try_from(packet.timestamp.as_nanos())?,
            bytes: packet.data.into_owned(),
            length: packet.orig_len as usize,
        });
    }
    Ok(frames)
}
