#!/usr/bin/env python3
"""A client of the Wyoming server, written with the classes of the package wyoming (Debian: python3-wyoming).

    wyoming_client_test.py tcp://HOST:PORT
"""
import asyncio
import sys

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

WITHIN_S = 120  # machines that run tests may be slow
uri = sys.argv[1]


async def read(client):
    return await asyncio.wait_for(client.read_event(), WITHIN_S)


async def read_sound(client, end):
    """The number of samples up to an event of this class, whose order is checked."""
    start = AudioStart.from_event(await read(client))
    assert (start.width, start.channels) == (2, 1), start
    num_samples = 0
    while AudioChunk.is_type((event := await read(client)).type):
        chunk = AudioChunk.from_event(event)
        assert chunk.rate == start.rate and chunk.timestamp == round(num_samples * 1000 / start.rate), chunk.timestamp
        num_samples += chunk.samples
    assert AudioStop.is_type(event.type), event
    assert AudioStop.from_event(event).timestamp == round(num_samples * 1000 / start.rate)
    if end is not AudioStop:
        assert end.is_type((event := await read(client)).type), event
    return num_samples


async def describe():
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Ping(text="there?").event())
        assert Pong.from_event(await read(client)).text == "there?"
        await client.write_event(Describe().event())
        info = Info.from_event(await read(client))
        (program,) = info.tts
        assert program.installed and program.supports_synthesize_streaming and program.version
        assert all(voice.installed and voice.languages and voice.description for voice in program.voices)
        assert not info.asr and not info.wake
        return program.voices


async def speak_whole(voice):
    async with AsyncClient.from_uri(uri) as client:
        for text, text_format in (("Hello there.", None), ("<speak>Hello there.</speak>", "ssml")):
            await client.write_event(Synthesize(text=text, voice=voice, text_format=text_format).event())
            assert await read_sound(client, AudioStop) > 0


async def speak_parts(voice):
    """Sends what Home Assistant sends, and hears the text once, beginning before its end."""
    parts = ["Good ", "morning. It is", " cold outside, ", "take a coat."]
    async with AsyncClient.from_uri(uri) as client:
        for _ in range(2):
            await client.write_event(SynthesizeStart(voice=voice).event())
            for part in parts:
                await client.write_event(SynthesizeChunk(text=part).event())
            first = await read(client)
            assert AudioStart.is_type(first.type), first
            await client.write_event(Synthesize(text="".join(parts), voice=voice).event())
            await client.write_event(SynthesizeStop().event())
            num_samples, num_stops = 0, 0
            while not SynthesizeStopped.is_type((event := await read(client)).type):
                if AudioChunk.is_type(event.type):
                    num_samples += AudioChunk.from_event(event).samples
                else:
                    assert AudioStop.is_type(event.type), event
                    num_stops += 1
            assert num_samples > 0 and num_stops == 1
        await client.write_event(Ping().event())  # nothing is said twice
        assert Pong.is_type((await read(client)).type)


async def refuse():
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Synthesize(text="Hello.", voice=SynthesizeVoice(name="nobody")).event())
        error = Error.from_event(await read(client))
        assert error.code == "voice_not_found" and "nobody" in error.text, error
        assert await read(client) is None


async def leave(voice):
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Synthesize(text="This text is left in the middle. " * 20, voice=voice).event())
        while not AudioChunk.is_type((await read(client)).type):
            pass


async def main():
    voices = await describe()
    voice = SynthesizeVoice(name=voices[0].name)
    await speak_whole(None)
    await speak_whole(SynthesizeVoice(language=voices[0].languages[0]))
    await speak_parts(voice)
    await refuse()
    await leave(voice)
    await asyncio.gather(*(speak_whole(voice) for _ in range(4)))
    print(f"{len(voices)} voices; whole texts, texts in parts, an error and leaving work")


asyncio.run(main())
