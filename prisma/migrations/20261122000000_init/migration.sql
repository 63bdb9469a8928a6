-- CreateEnum
CREATE TYPE "UserStatus" AS ENUM ('ACTIVE', 'SUSPENDED');

-- CreateEnum
CREATE TYPE "TransactionStatus" AS ENUM ('DRAFT', 'AWAITING_PAYMENT', 'FUNDED', 'SHIPPED', 'DELIVERED', 'DISPUTED', 'COMPLETED', 'REFUNDED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "ParticipantRole" AS ENUM ('BUYER', 'SELLER', 'AGENT', 'ARBITER');

-- CreateEnum
CREATE TYPE "MessageType" AS ENUM ('TEXT', 'IMAGE', 'SYSTEM');

-- CreateEnum
CREATE TYPE "TimelineEntryKind" AS ENUM ('MESSAGE_SENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED', 'STATUS_CHANGED', 'PARTICIPANT_JOINED', 'PARTICIPANT_LEFT');

-- CreateTable
CREATE TABLE "User" (
    "key" VARCHAR(64) COLLATE "C" NOT NULL,
    "displayName" VARCHAR(200) NOT NULL,
    "avatarUrl" TEXT,
    "status" "UserStatus" NOT NULL DEFAULT 'ACTIVE',
    "lastSeenAt" TIMESTAMPTZ(3),

    CONSTRAINT "User_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Transaction" (
    "key" VARCHAR(64) COLLATE "C" NOT NULL,
    "title" VARCHAR(200) NOT NULL,
    "status" "TransactionStatus" NOT NULL,
    "statusChangedAt" TIMESTAMPTZ(3) NOT NULL,
    "partnerClientId" VARCHAR(128),
    "messageCount" INTEGER NOT NULL DEFAULT 0,
    "timelinePosition" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastActivityAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Transaction_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Participant" (
    "id" UUID NOT NULL,
    "transactionKey" VARCHAR(64) COLLATE "C" NOT NULL,
    "userKey" VARCHAR(64) COLLATE "C" NOT NULL,
    "role" "ParticipantRole" NOT NULL,
    "joinedAt" TIMESTAMPTZ(3) NOT NULL,
    "leftAt" TIMESTAMPTZ(3),
    "lastReadSequence" INTEGER NOT NULL DEFAULT 0,
    "lastReadAt" TIMESTAMPTZ(3),
    "unreadFromSequence" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "Participant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Message" (
    "id" UUID NOT NULL,
    "transactionKey" VARCHAR(64) COLLATE "C" NOT NULL,
    "sequence" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "type" "MessageType" NOT NULL,
    "senderKey" VARCHAR(64) COLLATE "C",
    "content" TEXT,
    "replyToId" UUID,
    "clientMessageId" VARCHAR(128),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "editedAt" TIMESTAMPTZ(3),
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TimelineEntry" (
    "transactionKey" VARCHAR(64) COLLATE "C" NOT NULL,
    "position" INTEGER NOT NULL,
    "kind" "TimelineEntryKind" NOT NULL,
    "actorKey" VARCHAR(64) COLLATE "C",
    "messageId" UUID,
    "userKey" VARCHAR(64) COLLATE "C",
    "data" JSONB NOT NULL,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "TimelineEntry_pkey" PRIMARY KEY ("transactionKey","position")
);

-- CreateIndex
CREATE INDEX "Transaction_lastActivityAt_key_idx" ON "Transaction"("lastActivityAt", "key");

-- CreateIndex
CREATE INDEX "Transaction_partnerClientId_lastActivityAt_key_idx" ON "Transaction"("partnerClientId", "lastActivityAt", "key");

-- CreateIndex
CREATE INDEX "Participant_userKey_idx" ON "Participant"("userKey");

-- CreateIndex
CREATE UNIQUE INDEX "Participant_transactionKey_userKey_key" ON "Participant"("transactionKey", "userKey");

-- CreateIndex
CREATE UNIQUE INDEX "Message_transactionKey_sequence_key" ON "Message"("transactionKey", "sequence");

-- CreateIndex
CREATE UNIQUE INDEX "Message_transactionKey_position_key" ON "Message"("transactionKey", "position");

-- AddForeignKey
ALTER TABLE "Participant" ADD CONSTRAINT "Participant_transactionKey_fkey" FOREIGN KEY ("transactionKey") REFERENCES "Transaction"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Participant" ADD CONSTRAINT "Participant_userKey_fkey" FOREIGN KEY ("userKey") REFERENCES "User"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Message" ADD CONSTRAINT "Message_transactionKey_fkey" FOREIGN KEY ("transactionKey") REFERENCES "Transaction"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Message" ADD CONSTRAINT "Message_senderKey_fkey" FOREIGN KEY ("senderKey") REFERENCES "User"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Message" ADD CONSTRAINT "Message_replyToId_fkey" FOREIGN KEY ("replyToId") REFERENCES "Message"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "TimelineEntry" ADD CONSTRAINT "TimelineEntry_transactionKey_fkey" FOREIGN KEY ("transactionKey") REFERENCES "Transaction"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "TimelineEntry" ADD CONSTRAINT "TimelineEntry_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "TimelineEntry" ADD CONSTRAINT "TimelineEntry_actorKey_fkey" FOREIGN KEY ("actorKey") REFERENCES "User"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "TimelineEntry" ADD CONSTRAINT "TimelineEntry_userKey_fkey" FOREIGN KEY ("userKey") REFERENCES "User"("key") ON DELETE RESTRICT ON UPDATE RESTRICT;


-- A sender's key for a message is good once, for ever. The platform has no sender key, and its messages count as one
-- sender's: hence NULLS NOT DISTINCT. The sender comes last, because `IS NOT DISTINCT FROM` can't use an index.
CREATE UNIQUE INDEX "Message_transactionKey_clientMessageId_senderKey_key"
    ON "Message"("transactionKey", "clientMessageId", "senderKey") NULLS NOT DISTINCT
    WHERE "clientMessageId" IS NOT NULL;

-- A status change under a key that was used before changes nothing.
CREATE UNIQUE INDEX "TimelineEntry_transactionKey_idempotencyKey_key"
    ON "TimelineEntry"("transactionKey", ("data" ->> 'idempotencyKey'))
    WHERE "data" ? 'idempotencyKey';
