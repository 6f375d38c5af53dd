namespace Mandos.Fuzz.Targets;

/// <summary>What a peer does otherwise than it should. The order of messages and records is counted from its first one.</summary>
internal enum TlsDamageKind
{
    // Of messages, before they are encrypted
    DropMessage,
    RepeatMessage,
    HoldMessageBack,
    ChangeMessageByte,
    CutMessage,
    ExtendMessage,
    ChangeMessageLength,
    InsertMessage,

    // Of records
    DropRecord,
    RepeatRecord,
    HoldRecordBack,
    ChangeRecordByte,
    InsertRecord,
    SplitRecord,
    Flood,
    Cut,

    // Of the key, so that both sides hash what is sent
    ChangeKeyByte,
    CutKey,
    ExtendKey,
}
